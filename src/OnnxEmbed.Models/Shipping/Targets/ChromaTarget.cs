using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Models.Tokenizers;

namespace OnnxEmbed.Models.Shipping.Targets;

/// <summary>
/// Chroma: its built-in ONNX class is made for one model, so the package comes with an embedding function of its own, which needs
/// onnxruntime and tokenizers only, as Chroma itself does.
/// </summary>
internal sealed class ChromaTarget : ShipTarget
{
    public override string Name => "chroma";

    public override string Summary => "Chroma, with an embedding function in Python that runs the package";

    public override void Plan(ShipPlan plan)
    {
        ModelPackage package = plan.Package;
        plan.Model("onnx/model.onnx", new ModelForm(), choosesFile: false);
        plan.Copy(TokenizerJson.FileName, "onnx/" + TokenizerJson.FileName);
        plan.Copy(ModelConfig.FileName, "onnx/" + ModelConfig.FileName);
        plan.TokenizerConfig("onnx/");
        plan.SpecialTokensMap("onnx/");
        if (plan.Facts.TokenizerKind == "WordPiece")
        {
            plan.Text("onnx/" + TokenizerFile.Vocabulary, TokenizerFile.WordPieceVocabulary(package));
        }

        plan.Text("embedding_function.py", Function(package));
        plan.Reading = new ConsumerReading(EncoderGraph.SentenceEmbeddingName, null, Normalizes: false);
        plan.Limits.Add("the built-in class ONNXMiniLM_L6_V2 loads one model of fixed hash and cannot load this one");
        plan.Usage = """
            ```python
            import chromadb
            from embedding_function import OnnxPackage
            collection = chromadb.Client().create_collection("texts", embedding_function=OnnxPackage("."))
            collection.add(ids=["1", "2"], documents=["a text", "another"])
            ```
            """;
    }

    private static string Function(ModelPackage package)
    {
        ITextTokenizer tokenizer = package.Tokenizer;
        string prompt = System.Text.Json.JsonSerializer.Serialize(package.DefaultPrompt);
        int pad = tokenizer.PadId ?? 0;
        string padToken = System.Text.Json.JsonSerializer.Serialize(tokenizer.TokenOf(pad) ?? "");
        return $$""""
            """Embedding function for Chroma: needs onnxruntime, tokenizers and numpy, which Chroma installs."""
            import os

            import numpy as np
            import onnxruntime
            from chromadb.api.types import Documents, EmbeddingFunction, Embeddings
            from chromadb.utils.embedding_functions import register_embedding_function
            from tokenizers import Tokenizer

            PROMPT = {{prompt}}
            MAX_LENGTH = {{package.MaxLength}}
            BATCH = 32


            @register_embedding_function
            class OnnxPackage(EmbeddingFunction[Documents]):
                def __init__(self, path: str = os.path.dirname(os.path.abspath(__file__))):
                    self.path = path
                    onnx = os.path.join(path, "onnx")
                    self._tokenizer = Tokenizer.from_file(os.path.join(onnx, "tokenizer.json"))
                    self._tokenizer.enable_truncation(max_length=MAX_LENGTH)
                    self._tokenizer.enable_padding(pad_id={{pad}}, pad_token={{padToken}})
                    self._session = onnxruntime.InferenceSession(os.path.join(onnx, "model.onnx"), providers=["CPUExecutionProvider"])
                    self._inputs = {value.name for value in self._session.get_inputs()}

                def __call__(self, input: Documents) -> Embeddings:
                    vectors = []
                    for start in range(0, len(input), BATCH):
                        encoded = self._tokenizer.encode_batch([PROMPT + text for text in input[start:start + BATCH]])
                        feed = {
                            "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
                            "attention_mask": np.array([item.attention_mask for item in encoded], dtype=np.int64),
                        }
                        if "token_type_ids" in self._inputs:
                            feed["token_type_ids"] = np.zeros_like(feed["input_ids"])
                        vectors.extend(self._session.run(["sentence_embedding"], feed)[0])
                    return vectors

                @staticmethod
                def name() -> str:
                    return "onnxembed_package"

                def get_config(self) -> dict:
                    return {"path": self.path}

                @staticmethod
                def build_from_config(config: dict) -> "OnnxPackage":
                    return OnnxPackage(config["path"])

            """";
    }
}
