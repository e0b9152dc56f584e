using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>Spark by SynapseML's ONNXModel: tensors in, tensors out; texts are tokenized in a step before.</summary>
internal sealed class SparkTarget : ShipTarget
{
    public override string Name => "spark";

    public override string Summary => "Apache Spark by SynapseML's ONNXModel: model.onnx, tokenizer.json and a pipeline in Python";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        plan.Model("model.onnx", new ModelForm(SingleFile: true), choosesFile: true);
        plan.Copy(TokenizerJson.FileName);
        plan.Reading = new ConsumerReading(EncoderGraph.SentenceEmbeddingName, null, Normalizes: false);
        ITextTokenizer tokenizer = package.Tokenizer;
        int pad = tokenizer.PadId ?? 0;
        string prompt = System.Text.Json.JsonSerializer.Serialize(package.DefaultPrompt);
        string types = plan.Facts.HasTokenTypes ? ", StructField(\"token_type_ids\", ids)" : "";
        string feed = plan.Facts.HasTokenTypes ? ", \"token_type_ids\": \"token_type_ids\"" : "";
        string zeros = plan.Facts.HasTokenTypes ? ", [0] * MAX_LENGTH" : "";
        plan.Text("spark_embed.py", $$"""
            from pyspark.sql.functions import udf
            from pyspark.sql.types import ArrayType, LongType, StructField, StructType
            from synapse.ml.onnx import ONNXModel
            from tokenizers import Tokenizer

            PROMPT = {{prompt}}
            MAX_LENGTH = {{package.MaxLength}}
            ids = ArrayType(LongType())
            columns = StructType([StructField("input_ids", ids), StructField("attention_mask", ids){{types}}])
            _tokenizer = None


            @udf(columns)
            def tokenize(text):
                global _tokenizer
                if _tokenizer is None:  # once an executor
                    _tokenizer = Tokenizer.from_file("tokenizer.json")
                    _tokenizer.enable_truncation(max_length=MAX_LENGTH)
                    _tokenizer.enable_padding(length=MAX_LENGTH, pad_id={{pad}})
                encoded = _tokenizer.encode(PROMPT + text)
                return encoded.ids, encoded.attention_mask{{zeros}}


            def embed(frame, text="text"):
                model = (ONNXModel().setModelLocation("model.onnx").setMiniBatchSize(32)
                         .setFeedDict({"input_ids": "input_ids", "attention_mask": "attention_mask"{{feed}}})
                         .setFetchDict({"embedding": "sentence_embedding"}))
                return model.transform(frame.withColumn("tokens", tokenize(text)).select("*", "tokens.*").drop("tokens"))

            """);
        plan.Limits.Add("every text is padded to the package's maximum length, since a batch of ONNXModel has one shape");
        plan.Usage = """
            Give `model.onnx` and `tokenizer.json` to the executors (`spark.files`), and:

            ```python
            from spark_embed import embed
            embed(spark.read.parquet("texts.parquet")).write.parquet("embeddings.parquet")
            ```
            """;
    }
}
