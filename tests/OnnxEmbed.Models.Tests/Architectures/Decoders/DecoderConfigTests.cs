using System.Text.Json.Nodes;
using OnnxEmbed.Models.Architectures;
using OnnxEmbed.Models.Architectures.Decoders;
using OnnxEmbed.Models.Json;
using OnnxEmbed.Models.Packages;
using OnnxEmbed.Tensors;

namespace OnnxEmbed.Models.Tests.Architectures.Decoders;

public sealed class DecoderConfigTests
{
    [Theory]
    [InlineData("llama", """{"rope_scaling":{"rope_type":"cubic"}}""", "rope_scaling.rope_type needs one of default, linear, dynamic, llama3, yarn, longrope, the ones that are built, got cubic")]
    [InlineData("llama", """{"rope_scaling":{"type":"linear"}}""", "rope_scaling.factor needs a number above 0, got nothing")]
    [InlineData("llama", """{"rope_scaling":{"type":"dynamic","factor":-2}}""", "rope_scaling.factor needs a number above 0, got -2")]
    [InlineData("llama", """{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4}}""", "rope_scaling.original_max_position_embeddings needs a number of tokens, got nothing")]
    [InlineData("llama", """{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4}}""", "rope_scaling.high_freq_factor needs a number above low_freq_factor, got 4")]
    [InlineData("llama", """{"partial_rotary_factor":0.5}""", "partial_rotary_factor needs 1, the only value that is built, got 0.5")]
    [InlineData("llama", """{"hidden_act":"mish"}""", "hidden_act needs one of gelu,")]
    [InlineData("llama", """{"num_key_value_heads":3}""", "num_key_value_heads needs a divisor of num_attention_heads (4), got 3")]
    [InlineData("llama", """{"rope_theta":1}""", "rope_theta needs a number above 1, got 1")]
    [InlineData("llama", """{"rope_scaling":"linear"}""", "rope_scaling needs an object, got \"linear\"")]
    [InlineData("llama", """{"num_attention_heads":1000000000,"num_key_value_heads":1}""", "num_attention_heads needs a number in [1, 8192], got 1000000000")]
    [InlineData("qwen3", """{"num_hidden_layers":1000000000}""", "num_hidden_layers needs a number in [1, 4096], got 1000000000")]
    [InlineData("gemma2", """{"head_dim":1000000000}""", "head_dim needs an even number in [2, 65536], got 1000000000")]
    [InlineData("gpt2", """{"n_embd":1073741824,"n_inner":null}""", "config: n_embd needs a number in [1, 1048576], got 1073741824")]
    [InlineData("gpt_neox", """{"intermediate_size":1000000000}""", "intermediate_size needs a number in [1, 4194304], got 1000000000")]
    [InlineData("mistral", """{"head_dim":5}""", "head_dim needs an even number in [2, 65536], got 5")]
    [InlineData("mistral", """{"rms_norm_eps":0}""", "rms_norm_eps needs a number above 0, got 0")]
    [InlineData("qwen2", """{"use_sliding_window":true,"layer_types":["sliding_attention"]}""", "layer_types needs sliding_attention or full_attention for each of the 2 layers, the ones that are built, got sliding_attention")]
    [InlineData("qwen2", """{"layer_types":["sliding_attention","full_attention"]}""", "sliding_window needs a number where layers slide, got null")]
    [InlineData("qwen3", """{"layer_types":["chunked_attention","full_attention"]}""", "layer_types needs sliding_attention or full_attention")]
    [InlineData("gemma2", """{"attn_logit_softcapping":-1}""", "attn_logit_softcapping needs a number above 0, or null, got -1")]
    [InlineData("gemma2", """{"query_pre_attn_scalar":0}""", "query_pre_attn_scalar needs a number above 0, got 0")]
    [InlineData("gemma3_text", """{"attn_logit_softcapping":50}""", "attn_logit_softcapping needs null, the only value that Gemma 3 is defined with, got 50")]
    [InlineData("gemma3_text", """{"rope_local_base_freq":0}""", "rope_local_base_freq needs a number above 1, got 0")]
    [InlineData("gpt2", """{"add_cross_attention":true}""", "add_cross_attention needs false, the only value that is built, got true")]
    [InlineData("gpt2", """{"n_head":3}""", "n_embd needs a multiple of n_head (3), got 16")]
    [InlineData("gpt2", """{"activation_function":"mish"}""", "activation_function needs one of gelu,")]
    [InlineData("gpt_neox", """{"rotary_pct":0.5,"num_attention_heads":8}""", "rotary_pct needs a number in (0, 1] that gives an even part of a head of 2, got 0.5")]
    [InlineData("phi3", """{"partial_rotary_factor":0.4}""", "partial_rotary_factor needs a number in (0, 1] that gives an even part of a head of 8, got 0.4")]
    [InlineData("phi3", """{"rope_scaling":{"type":"longrope","short_factor":[1,1],"long_factor":[1,1,1]}}""", "rope_scaling.short_factor needs 3 numbers above 0, one for each pair of the 6 numbers of a head that turn, got 2 numbers")]
    [InlineData("phi3", """{"sliding_window":0}""", "sliding_window needs a whole number in [1,")]
    public void Read_FieldThatIsNotBuilt_IsAFaultThatNamesIt(string family, string change, string expected)
    {
        DataException e = Assert.Throws<DataException>(() => EncoderGraph.Parameters(Read(family, change)));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mistral", """{"sliding_window":"absent"}""", 4096)]
    [InlineData("mistral", """{"sliding_window":null}""", null)]
    [InlineData("qwen2", """{"use_sliding_window":true,"sliding_window":"absent","max_window_layers":0}""", 4096)]
    [InlineData("qwen2", """{"use_sliding_window":false,"max_window_layers":0}""", null)]
    [InlineData("gemma2", """{"sliding_window":"absent"}""", 4096)]
    [InlineData("phi3", """{"sliding_window":"absent"}""", null)]
    [InlineData("gemma3_text", """{"sliding_window":512,"use_bidirectional_attention":true}""", 257)]
    [InlineData("gemma3_text", """{"sliding_window":512}""", 512)]
    public void WindowOf_FirstLayer_IsThatOfTheConfigurationClass(string family, string change, int? expected) =>
        Assert.Equal(expected, ((GroupedQueryConfig)Read(family, change)).WindowOf(0));

    [Fact]
    public void WindowOf_Gemma_AlternatesByItsPattern()
    {
        GroupedQueryConfig second = (GroupedQueryConfig)Read("gemma2", """{"num_hidden_layers":4}""");
        GroupedQueryConfig third = (GroupedQueryConfig)Read("gemma3_text", """{"num_hidden_layers":12,"sliding_window_pattern":"absent"}""");

        Assert.Equal([true, false, true, false], Enumerable.Range(0, 4).Select(second.Slides));
        Assert.Equal([5, 11], Enumerable.Range(0, 12).Where(layer => !third.Slides(layer)));
    }

    [Theory]
    [InlineData("llama", """{"rope_parameters":{"rope_type":"linear","factor":4,"rope_theta":500}}""", """{"rope_theta":500,"rope_scaling":{"type":"linear","factor":4}}""")]
    [InlineData("qwen3", """{"rope_parameters":{"rope_type":"default","rope_theta":700}}""", """{"rope_theta":700}""")]
    [InlineData(
        "gemma3_text",
        """{"rope_parameters":{"full_attention":{"rope_type":"linear","factor":8,"rope_theta":900},"sliding_attention":{"rope_type":"default","rope_theta":30}}}""",
        """{"rope_theta":900,"rope_local_base_freq":30,"rope_scaling":{"rope_type":"linear","factor":8}}""")]
    [InlineData("gpt_neox", """{"rope_parameters":{"rope_type":"default","rope_theta":60,"partial_rotary_factor":0.5}}""", """{"rotary_emb_base":60,"rotary_pct":0.5}""")]
    [InlineData("phi3", """{"rope_scaling":{"type":"su","short_factor":[1,1,1],"long_factor":[2,2,2]}}""", """{"rope_scaling":{"rope_type":"longrope","short_factor":[1,1,1],"long_factor":[2,2,2]}}""")]
    [InlineData("phi3", """{"rope_scaling":{"type":"yarn","short_factor":[1,1,1],"long_factor":[2,2,2]}}""", """{"rope_scaling":{"rope_type":"longrope","short_factor":[1,1,1],"long_factor":[2,2,2]}}""")]
    public void Read_OtherSpellingOfRotaryPositions_IsTheSame(string family, string one, string other) =>
        Assert.Equal(Read(family, other).ToJson(), Read(family, one).ToJson());

    [Fact]
    public void Read_BareConfig_HasTheDefaultsOfTransformers()
    {
        static string Bare(string type) => ModelConfig.Read(JsonField.Parse(
            "config.json", System.Text.Encoding.UTF8.GetBytes($$"""{"model_type":"{{type}}","hidden_size":4096}"""))).ToJson();
        void Has(string type, string field, double expected) =>
            Assert.Equal(expected, (double)JsonNode.Parse(Bare(type))![field]!, 12);

        Has("llama", "num_key_value_heads", 32);
        Has("llama", "head_dim", 128);
        Has("mistral", "num_key_value_heads", 8);
        Has("mistral", "max_position_embeddings", 131072);
        Has("qwen2", "intermediate_size", 22016);
        Has("qwen3", "head_dim", 128);
        Has("gemma2", "attn_logit_softcapping", 50);
        Has("gemma2", "final_logit_softcapping", 30);
        Has("gemma3_text", "rope_theta", 1e6);
        Has("gemma3_text", "rope_local_base_freq", 1e4);
        Has("gemma3_text", "sliding_window_pattern", 6);
        Has("gpt2", "n_inner", 4 * 4096);
        Has("gpt2", "layer_norm_epsilon", 1e-5);
        Has("gpt_neox", "rotary_pct", 0.25);
        Has("phi3", "rms_norm_eps", 1e-5);
        Assert.Null(JsonNode.Parse(Bare("gemma3_text"))!["attn_logit_softcapping"]);
    }

    private static ModelConfig Read(string family, string change) => ReferenceDecoder.Read(family, JsonNode.Parse(change)!.AsObject());
}
