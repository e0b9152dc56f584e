using OnnxEmbed.Tensors;

namespace OnnxEmbed.Onnx.Tests.Decomposing;

/// <summary>The variants of each fused operator that ONNX Runtime's CPU kernels run and that are decomposed.</summary>
internal static class FusedCases
{
    private const string Ms = "com.microsoft";
    private const int B = FusedCase.B;
    private const int S = FusedCase.S;
    private const int H = 8;

    public static IReadOnlyList<FusedCase> All { get; } =
    [
        .. Norms(), .. Embeddings(), .. Activations(), .. Products(), .. Rotary(), .. Packed(), .. MultiHead(), .. GroupQuery(), .. Standard(),
    ];

    private static FusedCase Case(string op, string name, string domain = Ms, int opset = 17) => new(name, domain, op, opset);

    private static TensorData Ints(long[] shape, params int[] values) => TensorData.From<int>(values, shape);

    private static TensorData Longs(long[] shape, params long[] values) => TensorData.From<long>(values, shape);

    private static TensorData Mask => Ints([B, S], 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0);

    private static TensorData LeftMask => Ints([B, S], 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1);

    private static TensorData CubeMask => Ints([B, S, S], [.. Enumerable.Range(0, B * S * S).Select(i => i % S == 0 || i % 3 != 0 ? 1 : 0)]);

    private static TensorData Positions => Longs([B, S], 0, 1, 2, 3, 4, 2, 3, 4, 5, 6, 0, 0, 1, 2, 3);

    private static TensorData Angles(bool sine, long half)
    {
        float[] table = [.. Enumerable.Range(0, 10 * (int)half).Select(i =>
        {
            double angle = (i / half) / Math.Pow(100, (i % half) / (double)half);
            return (float)(sine ? Math.Sin(angle) : Math.Cos(angle));
        })];
        return TensorData.From<float>(table, 10, half);
    }

    private static IEnumerable<FusedCase> Norms()
    {
        foreach (int opset in (int[])[12, 17, 18])
        {
            yield return Case("SkipLayerNormalization", $"plain, opset {opset}", opset: opset).X(B, S, H).X(B, S, H).W(H).W(H);
            yield return Case("SkipLayerNormalization", $"bias and sum, opset {opset}", opset: opset).X(B, S, H).X(B, S, H).W(H).W(H).W(H)
                .With("epsilon", 1e-3).Gives("y", null, null, "sum");
            yield return Case("SkipSimplifiedLayerNormalization", $"bias and sum, opset {opset}", opset: opset).X(B, S, H).X(B, S, H).W(H).W(H)
                .With("epsilon", 1e-3).Gives("y", null, null, "sum");
        }

        yield return Case("SkipLayerNormalization", "without beta").X(B, S, H).X(B, S, H).W(H);
        yield return Case("SkipLayerNormalization", "skip of one text").X(B, S, H).X(1, S, H).W(H).W(H);
        yield return Case("SkipLayerNormalization", "skip without a batch").X(B, S, H).X(S, H).W(H).W(H);
        yield return Case("SkipSimplifiedLayerNormalization", "plain").X(B, S, H).X(B, S, H).W(H);
        yield return Case("SimplifiedLayerNormalization", "plain", "").X(B, S, H).W(H).With("axis", -1).With("epsilon", 1e-6).With("stash_type", 1);
        yield return Case("SimplifiedLayerNormalization", "inverse root", "").X(B, S, H).W(H).With("epsilon", 1e-6).Gives("y", "root");
        yield return Case("LayerNormalization", "of an older opset", "", 12).X(B, S, H).W(H).W(H).With("axis", -1).With("epsilon", 1e-5);
        yield return Case("LayerNormalization", "without bias, older opset", "", 13).X(B, S, H).W(H);
        yield return Case("LayerNormalization", "two axes, older opset", "", 13).X(B, 4, H).W(4, H).W(4, H).With("axis", 1).Gives("y", "mean", "deviation");
        yield return Case("RMSNormalization", "plain", "", 23).X(B, S, H).W(H);
        yield return Case("RMSNormalization", "two axes", "", 23).X(B, 4, H).W(4, H).With("axis", 1).With("epsilon", 1e-2);
    }

    private static IEnumerable<FusedCase> Embeddings()
    {
        TensorData ids = Ints([B, S], 1, 2, 3, 0, 0, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0);
        TensorData segments = Ints([B, S], 0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1);
        TensorData positions = Ints([B, S], 4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5, 5, 5, 5, 5);
        yield return Case("EmbedLayerNormalization", "all").Data(ids).Data(segments).W(10, H).W(6, H).W(2, H).W(H).W(H).Data(Mask)
            .With("mask_index_type", 1).Gives("y", "i", "sum");
        yield return Case("EmbedLayerNormalization", "without segments").Data(ids).None().W(10, H).W(6, H).None().W(H).W(H).Gives("y", "i");
        yield return Case("EmbedLayerNormalization", "positions given").Data(ids).Data(segments).W(10, H).W(6, H).W(2, H).W(H).W(H).None().Data(positions)
            .With("epsilon", 1e-3).Gives("y", "i");
        yield return Case("EmbedLayerNormalization", "older opset", opset: 12).Data(ids).Data(segments).W(10, H).W(6, H).W(2, H).W(H).W(H).Data(Mask).Gives("y", "i");
    }

    private static IEnumerable<FusedCase> Activations()
    {
        yield return Case("Gelu", "exact").X(B, S, H);
        yield return Case("BiasGelu", "plain").X(B, S, H).W(H);
        yield return Case("FastGelu", "plain").X(B, S, H);
        yield return Case("FastGelu", "with bias").X(B, S, H).W(H);
        yield return Case("QuickGelu", "default").X(B, S, H);
        yield return Case("QuickGelu", "alpha").X(B, S, H).With("alpha", 1.0);
        yield return Case("Gelu", "exact", "", 20).X(B, S, H);
        yield return Case("Gelu", "tanh", "", 20).X(B, S, H).With("approximate", "tanh");
    }

    private static IEnumerable<FusedCase> Products()
    {
        yield return Case("FusedMatMul", "alpha").X(B, S, H).W(H, 4).With("alpha", 0.25);
        yield return Case("FusedMatMul", "transB").X(B, S, H).X(B, S, H).With("transB", 1).With("alpha", 2.0);
        yield return Case("FusedMatMul", "transA").X(B, H, S).X(B, H, 4).With("transA", 1);
        yield return Case("FusedMatMul", "transBatchA").X(S, B, H).X(B, H, 4).With("transBatchA", 1);
        yield return Case("FusedMatMul", "transBatch and trans").X(H, B, S).X(4, B, H).With("transBatchA", 1).With("transA", 1).With("transBatchB", 1).With("transB", 1);
        yield return Case("FusedGemm", "Relu").X(S, H).W(H, 4).W(4).With("activation", "Relu");
        yield return Case("FusedGemm", "transposed, factors, LeakyRelu").X(H, S).W(4, H).W(4).With("activation", "LeakyRelu")
            .With("activation_alpha", 0.2).With("transA", 1).With("transB", 1).With("alpha", 0.5).With("beta", 2.0);
        yield return Case("FusedGemm", "HardSigmoid").X(S, H).W(H, 4).With("activation", "HardSigmoid").With("activation_alpha", 0.3).With("activation_beta", 0.4);
    }

    private static IEnumerable<FusedCase> Rotary()
    {
        foreach (long interleaved in (long[])[0, 1])
        {
            string how = interleaved == 1 ? "interleaved" : "halves";
            yield return Case("RotaryEmbedding", $"flat, {how}").X(B, S, 16).Data(Positions).Table(Angles(false, 4)).Table(Angles(true, 4)).With("interleaved", interleaved);
            yield return Case("RotaryEmbedding", $"heads, {how}").X(B, 2, S, 8).Data(Positions).Table(Angles(false, 4)).Table(Angles(true, 4)).With("interleaved", interleaved);
            yield return Case("RotaryEmbedding", $"offset, {how}").X(B, S, 16).Data(Longs([1], 2)).Table(Angles(false, 4)).Table(Angles(true, 4)).With("interleaved", interleaved);
            yield return Case("RotaryEmbedding", $"partial, {how}").X(B, S, 32).Data(Positions).Table(Angles(false, 2)).Table(Angles(true, 2))
                .With("interleaved", interleaved).With("num_heads", 4).With("rotary_embedding_dim", 4);
            yield return Case("RotaryEmbedding", $"standard, {how}", "", 23).X(B, 2, S, 8).Table(Angles(false, 4)).Table(Angles(true, 4)).Data(Positions).With("interleaved", interleaved);
            yield return Case("RotaryEmbedding", $"standard flat, partial, {how}", "", 23).X(B, S, 16).Table(Angles(false, 2)).Table(Angles(true, 2)).Data(Positions)
                .With("interleaved", interleaved).With("num_heads", 2).With("rotary_embedding_dim", 4);
            yield return Case("RotaryEmbedding", $"standard without positions, {how}", "", 23).X(B, 2, S, 8).X(B, S, 4).X(B, S, 4).With("interleaved", interleaved);
        }
    }

    private static IEnumerable<FusedCase> Packed()
    {
        FusedCase Self(string name, int opset = 17) => Case("Attention", name, opset: opset).X(B, S, H).W(H, 24).W(24).With("num_heads", 2);
        yield return Self("no mask");
        yield return Self("no mask, opset 12", 12);
        yield return Self("mask").Data(Mask);
        yield return Self("mask, opset 12", 12).Data(Mask);
        yield return Self("mask left").Data(LeftMask);
        yield return Self("mask of pairs").Data(CubeMask);
        yield return Self("lengths").Data(Ints([B], 3, 5, 1));
        yield return Self("ends and starts").Data(Ints([2 * B], 4, 5, 5, 1, 0, 4));
        yield return Self("filter value").Data(Mask).With("mask_filter_value", -3.0);
        yield return Self("unidirectional").With("unidirectional", 1);
        yield return Self("unidirectional, mask").Data(Mask).With("unidirectional", 1);
        yield return Self("unidirectional, mask left").Data(LeftMask).With("unidirectional", 1);
        yield return Self("scale").With("scale", 0.1);
        yield return Self("bias of scores").Data(Mask).None().X(B, 2, S, S);
        yield return Self("bias of scores for all texts").None().None().X(1, 2, S, S);
        yield return Self("present").Gives("y", "present");
        yield return Case("Attention", "narrow values").X(B, S, H).W(H, 20).W(20).With("num_heads", 2).With("qkv_hidden_sizes", (long[])[8, 8, 4]);
    }

    private static IEnumerable<FusedCase> MultiHead()
    {
        FusedCase Self(string name) => Case("MultiHeadAttention", name).X(B, S, H).X(B, S, H).X(B, S, H);
        yield return Self("plain").With("num_heads", 2);
        yield return Self("bias").W(24).With("num_heads", 2);
        yield return Self("mask").None().Data(Mask).With("num_heads", 2);
        yield return Self("mask and bias of scores").W(24).Data(LeftMask).X(B, 2, S, S).With("num_heads", 2);
        yield return Self("lengths").None().Data(Ints([B], 3, 5, 1)).With("num_heads", 2);
        yield return Self("mask of pairs").None().Data(CubeMask).With("num_heads", 2);
        yield return Self("unidirectional").With("num_heads", 2).With("unidirectional", 1);
        yield return Self("scale").With("num_heads", 4).With("scale", 0.3).With("mask_filter_value", -5.0);
        yield return Self("present").With("num_heads", 2).Gives("y", "present_key", "present_value");
        yield return Case("MultiHeadAttention", "wide values").X(B, S, H).X(B, S, H).X(B, S, 12).W(28).With("num_heads", 2);
        yield return Case("MultiHeadAttention", "other keys").X(B, S, H).X(B, 7, H).X(B, 7, H).With("num_heads", 2);
        yield return Case("MultiHeadAttention", "ready keys").X(B, S, H).X(B, 2, 7, 4).X(B, 2, 7, 4).With("num_heads", 2);
    }

    private static IEnumerable<FusedCase> GroupQuery()
    {
        TensorData lengths = Ints([B], 4, 2, 3), total = TensorData.From<int>([S]);
        FusedCase Query(string name, long heads = 4, long groups = 2, long width = 8) => Case("GroupQueryAttention", name)
            .X(B, S, heads * width).X(B, S, groups * width).X(B, S, groups * width).None().None().Data(lengths).Table(total)
            .With("num_heads", heads).With("kv_num_heads", groups).Gives("y", "key", "value").Compares(5, 3, 4);
        FusedCase Rotated(string name) => Query(name, width: 16).Table(Angles(false, 8)).Table(Angles(true, 8)).With("do_rotary", 1);
        yield return Query("plain");
        yield return Query("as many heads", 2, 2);
        yield return Query("scale").With("scale", 0.2);
        yield return Query("softcap").With("softcap", 0.7);
        yield return Query("window").With("local_window_size", 2);
        yield return Query("window of one").With("local_window_size", 1);
        yield return Rotated("rotary");
        yield return Rotated("rotary interleaved").With("rotary_interleaved", 1);
        yield return Rotated("rotary with positions").Data(Positions);
        yield return Rotated("rotary, window, softcap").With("local_window_size", 3).With("softcap", 5.0);
        yield return Case("GroupQueryAttention", "packed, rotary").X(B, S, 128).None().None().None().None().Data(lengths).Table(total)
            .Table(Angles(false, 8)).Table(Angles(true, 8)).With("num_heads", 4).With("kv_num_heads", 2).With("do_rotary", 1)
            .Gives("y", "key", "value").Compares(5, 3, 4);
        yield return Query("bias of scores").None().None().None().X(B, 1, S, S);
    }

    private static IEnumerable<FusedCase> Standard()
    {
        FusedCase Q(string name) => Case("Attention", name, "", 23).X(B, 4, S, 8).X(B, 2, S, 8).X(B, 2, S, 8);
        TensorData allowed = TensorData.From<bool>([.. Enumerable.Range(0, S * S).Select(i => i % S == 0 || i % 3 != 0)], S, S);
        TensorData each = TensorData.From<bool>([.. Enumerable.Range(0, B * S * S).Select(i => i % S == 0 || i % 4 != 0)], B, 1, S, S);
        yield return Q("grouped");
        yield return Q("causal").With("is_causal", 1);
        yield return Q("mask of pairs").Data(allowed);
        yield return Q("mask of texts").Data(each);
        yield return Q("numbers added").X(B, 1, S, S);
        yield return Q("scale and softcap").With("scale", 0.5).With("softcap", 2.0);
        yield return Q("softcap and numbers added").X(1, 4, S, S).With("softcap", 0.5);
        yield return Case("Attention", "flat", "", 23).X(B, S, 32).X(B, S, 16).X(B, S, 16).With("q_num_heads", 4).With("kv_num_heads", 2);
        yield return Case("Attention", "flat, causal, mask", "", 23).X(B, S, 32).X(B, S, 16).X(B, S, 16).Data(each)
            .With("q_num_heads", 4).With("kv_num_heads", 2).With("is_causal", 1);
    }
}
