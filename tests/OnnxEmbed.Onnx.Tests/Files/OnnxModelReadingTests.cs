using CsCheck;
using Google.Protobuf;
using OnnxEmbed.Onnx.Schema;
using OnnxEmbed.Tensors;
using OnnxEmbed.TestKit.Files;

namespace OnnxEmbed.Onnx.Tests.Files;

public class OnnxModelReadingTests
{
    [Fact]
    public void Load_EveryTypedField_GivesTheValues()
    {
        using TemporaryDirectory directory = new();
        ModelProto proto = SampleModels.Proto();
        Add(proto, ElementType.Float32, tensor => tensor.FloatData.Add([1.5f, -2]));
        Add(proto, ElementType.Float64, tensor => tensor.DoubleData.Add([1.5, -2]));
        Add(proto, ElementType.Float16, tensor => tensor.Int32Data.Add([0x3E00, 0xC000]));
        Add(proto, ElementType.BFloat16, tensor => tensor.Int32Data.Add([0x3FC0, 0xC000]));
        Add(proto, ElementType.Int8, tensor => tensor.Int32Data.Add([127, -128]));
        Add(proto, ElementType.UInt8, tensor => tensor.Int32Data.Add([255, 0]));
        Add(proto, ElementType.Int16, tensor => tensor.Int32Data.Add([-32768, 7]));
        Add(proto, ElementType.UInt16, tensor => tensor.Int32Data.Add([65535, 7]));
        Add(proto, ElementType.Int32, tensor => tensor.Int32Data.Add([int.MinValue, 7]));
        Add(proto, ElementType.Bool, tensor => tensor.Int32Data.Add([1, 0]));
        Add(proto, ElementType.Int64, tensor => tensor.Int64Data.Add([long.MinValue, 7]));
        Add(proto, ElementType.UInt32, tensor => tensor.Uint64Data.Add([uint.MaxValue, 7]));
        Add(proto, ElementType.UInt64, tensor => tensor.Uint64Data.Add([ulong.MaxValue, 7]));
        File.WriteAllBytes(directory["m.onnx"], proto.ToByteArray());

        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        foreach (ElementType type in (ElementType[])[ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.BFloat16])
        {
            Assert.Equal([1.5, -2], model.Tensors[type.ShortName()].ToDoubles());
        }

        Assert.Equal([127, -128], model.Tensors["i8"].ToArray<sbyte>());
        Assert.Equal([255, 0], model.Tensors["u8"].ToArray<byte>());
        Assert.Equal([-32768, 7], model.Tensors["i16"].ToArray<short>());
        Assert.Equal([65535, 7], model.Tensors["u16"].ToArray<ushort>());
        Assert.Equal([int.MinValue, 7], model.Tensors["i32"].ToArray<int>());
        Assert.Equal([true, false], model.Tensors["bool"].ToArray<bool>());
        Assert.Equal([long.MinValue, 7], model.Tensors["i64"].ToArray<long>());
        Assert.Equal([uint.MaxValue, 7], model.Tensors["u32"].ToArray<uint>());
        Assert.Equal([ulong.MaxValue, 7], model.Tensors["u64"].ToArray<ulong>());
        Assert.Equal(TensorStorage.Inline, model.Locations["f32"].Storage);
        Assert.Equal(TensorStorage.Inline, model.Locations["f64"].Storage);
        Assert.Equal(TensorStorage.TypedField, model.Locations["f16"].Storage);
        Assert.All(model.Proto.Graph.Initializer, tensor => Assert.Equal(0, tensor.FloatData.Count + tensor.Int32Data.Count + tensor.RawData.Length));
    }

    [Fact]
    public void Load_RawData_IsMappedAndLeftOutOfTheProto()
    {
        using TemporaryDirectory directory = new();
        SampleModels.Affine().Save(directory["m.onnx"]);
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        Assert.Equal(["w", "b"], model.Proto.Graph.Initializer.Select(tensor => tensor.Name));
        Assert.All(model.Proto.Graph.Initializer, tensor => Assert.False(tensor.HasRawData));
        Assert.True(model.Tensors["w"].ContentEquals(SampleModels.Affine().Tensors["w"]));
        TensorLocation location = model.Locations["w"];
        Assert.Equal((TensorStorage.Inline, "m.onnx", 2400L), (location.Storage, location.File, location.Length));
        Assert.Equal(File.ReadAllBytes(directory["m.onnx"])[(int)location.Offset..][..2400], model.Tensors["w"].Slice(0, 2400).ToArray());
    }

    [Fact]
    public void Load_EveryTruncation_IsRefused()
    {
        using TemporaryDirectory directory = new();
        SampleModels.Affine().Save(directory["m.onnx"]);
        byte[] bytes = File.ReadAllBytes(directory["m.onnx"]);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(directory["part.onnx"], bytes[..length]);
            OnnxFormatException error = Assert.Throws<OnnxFormatException>(() => OnnxModel.Load(directory["part.onnx"]));
            Assert.StartsWith(directory["part.onnx"], error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_DamagedOrRandomBytes_FailsOnlyAsFormatError()
    {
        using TemporaryDirectory directory = new();
        ModelProto proto = SampleModels.Proto();
        TensorData small = TensorData.From<float>([1, 2], 2);
        proto.Graph.Initializer.Add(SampleModels.Raw("b", small));
        proto.Graph.Initializer.Add(SampleModels.External("w", small, "m.onnx", "0", "8"));
        byte[] bytes = proto.ToByteArray();
        int refused = 0;
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Byte.Array[0, 60], Gen.Bool).Sample(
            (position, value, garbage, random) =>
            {
                byte[] damaged = random ? garbage : [.. bytes];
                if (!random)
                {
                    damaged[position] = value;
                }

                File.WriteAllBytes(directory["m.onnx"], damaged);
                try
                {
                    OnnxModel.Load(directory["m.onnx"]).Dispose();
                }
                catch (OnnxFormatException)
                {
                    refused++;
                }
            },
            iter: 1500,
            threads: 1);
        Assert.True(refused > 100, $"{refused}");
    }

    [Theory]
    [InlineData("../secret", null, null, "inside the model's directory, got the location '../secret'")]
    [InlineData("a/../../secret", null, null, "inside the model's directory")]
    [InlineData("/etc/passwd", null, null, "inside the model's directory")]
    [InlineData("..\\secret", null, null, "inside the model's directory")]
    [InlineData("C:secret", null, null, "inside the model's directory")]
    [InlineData("", null, null, "inside the model's directory")]
    [InlineData("absent", null, null, "needs the external data file 'absent' beside the model, there is none")]
    [InlineData("data", "4", "8", "needs bytes [4, 12) of 'data', which has 8")]
    [InlineData("data", "0", "4", "f32[2] needs 8 bytes of external data, its length says 4")]
    [InlineData("data", "-1", null, "needs a whole number as offset of its external data, got '-1'")]
    [InlineData("data", "99999999999999999999", null, "needs a whole number as offset")]
    [InlineData("data", "9223372036854775807", null, "needs bytes [9223372036854775807, 9223372036854775815)")]
    [InlineData("link", null, null, "'link' is a link to")]
    [InlineData("inner/secret", null, null, "'inner/secret' is a link to")]
    public void Load_ExternalDataLeavesItsPlace_IsRefused(string location, string? offset, string? length, string message)
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["model"]);
        File.WriteAllBytes(directory["secret"], new byte[8]);
        File.WriteAllBytes(directory["model", "data"], new byte[8]);
        File.CreateSymbolicLink(directory["model", "link"], directory["secret"]);
        Directory.CreateSymbolicLink(directory["model", "inner"], directory.Path);
        ModelProto proto = SampleModels.Proto();
        proto.Graph.Initializer.Add(SampleModels.External("t", TensorData.From<float>([0, 0], 2), location, offset, length));
        File.WriteAllBytes(directory["model", "m.onnx"], proto.ToByteArray());
        OnnxFormatException error = Assert.Throws<OnnxFormatException>(() => OnnxModel.Load(directory["model", "m.onnx"]));
        Assert.Equal("t", error.Tensor);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LinkInsideTheDirectory_IsFollowed()
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["blobs"]);
        File.WriteAllBytes(directory["blobs", "x"], new byte[8]);
        File.CreateSymbolicLink(directory["data"], "blobs/x");
        ModelProto proto = SampleModels.Proto();
        proto.Graph.Initializer.Add(SampleModels.External("t", TensorData.From<float>([0, 0], 2), "data"));
        File.WriteAllBytes(directory["m.onnx"], proto.ToByteArray());
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        Assert.Equal([0f, 0f], model.Tensors["t"].ToSingles());
    }

    [Fact]
    public void Load_MalformedInitializers_NameTheTensor()
    {
        TensorData two = TensorData.From<float>([1, 2], 2);
        TensorProto shortRaw = SampleModels.Raw("t", two);
        shortRaw.RawData = ByteString.CopyFrom(new byte[7]);
        TensorProto negative = SampleModels.Raw("t", two);
        negative.Dims[0] = -2;
        TensorProto huge = SampleModels.Raw("t", two);
        huge.Dims.Add([long.MaxValue, long.MaxValue]);
        TensorProto typed = SampleModels.Head("t", TensorData.From<long>([1, 2], 2));
        typed.Int64Data.Add(1);
        Assert.Contains("f32[2] needs 8 bytes, the file has 7", Refused(shortRaw).Message, StringComparison.Ordinal);
        Assert.Contains("impossible shape [-2]", Refused(negative).Message, StringComparison.Ordinal);
        Assert.Contains("impossible shape", Refused(huge).Message, StringComparison.Ordinal);
        Assert.Contains("i64[2] needs 16 bytes, the file has 8", Refused(typed).Message, StringComparison.Ordinal);
        Assert.Contains("f32[2] needs 8 bytes, the file has 0", Refused(SampleModels.Head("t", two)).Message, StringComparison.Ordinal);
        Assert.Contains("is an initializer twice", Refused(SampleModels.Raw("t", two), SampleModels.Raw("t", two)).Message, StringComparison.Ordinal);

        static OnnxFormatException Refused(params TensorProto[] initializers)
        {
            using TemporaryDirectory directory = new();
            ModelProto proto = SampleModels.Proto();
            proto.Graph.Initializer.AddRange(initializers);
            File.WriteAllBytes(directory["m.onnx"], proto.ToByteArray());
            OnnxFormatException error = Assert.Throws<OnnxFormatException>(() => OnnxModel.Load(directory["m.onnx"]));
            Assert.Equal("t", error.Tensor);
            return error;
        }
    }

    [Fact]
    public void Load_TextTensorsAndUnknownTypes_StayInTheProto()
    {
        using TemporaryDirectory directory = new();
        ModelProto proto = SampleModels.Proto();
        TensorProto text = new() { Name = "text", DataType = 8, Dims = { 1 } };
        text.StringData.Add(ByteString.CopyFromUtf8("word"));
        TensorProto eighths = new() { Name = "float8", DataType = 17, Dims = { 2 }, RawData = ByteString.CopyFrom(0x12, 0x34) };
        proto.Graph.Initializer.Add([text, eighths]);
        File.WriteAllBytes(directory["m.onnx"], proto.ToByteArray());
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        Assert.Empty(model.Tensors);
        model.Proto.ProducerName = "changed";
        model.Save(directory["n.onnx"]);
        ModelProto back = ModelProto.Parser.ParseFrom(File.ReadAllBytes(directory["n.onnx"]));
        Assert.Equal(proto.Graph.Initializer, back.Graph.Initializer);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void Load_FourBitIntegers_AreTensorsOfHalfBytes(int type)
    {
        using TemporaryDirectory directory = new();
        ModelProto proto = SampleModels.Proto();
        proto.Graph.Initializer.Add(new TensorProto { Name = "raw", DataType = type, Dims = { 3 }, RawData = ByteString.CopyFrom(0x12, 0x03) });
        proto.Graph.Initializer.Add(new TensorProto { Name = "typed", DataType = type, Dims = { 3, 1 }, Int32Data = { 0x54, 0x06 } });
        File.WriteAllBytes(directory["m.onnx"], proto.ToByteArray());
        using OnnxModel model = OnnxModel.Load(directory["m.onnx"]);
        model.Save(directory["n.onnx"], new OnnxWriteOptions { ExternalData = ExternalDataMode.Always });
        using OnnxModel back = OnnxModel.Load(directory["n.onnx"]);
        foreach (OnnxModel read in (OnnxModel[])[model, back])
        {
            Assert.Equal([0x12, 0x03], read.Tensors["raw"].Slice(0, 2).ToArray());
            Assert.Equal([0x54, 0x06], read.Tensors["typed"].Slice(0, 2).ToArray());
            Assert.Equal(2, read.Tensors["typed"].ByteLength);
        }
    }

    [Fact]
    public void EmbeddedTensors_ConstantsAndSubgraphs_AreListed()
    {
        ModelProto proto = SampleModels.Proto();
        GraphProto branch = new() { Name = "branch" };
        branch.Initializer.Add(SampleModels.Raw("inner", TensorData.From<float>([1], 1)));
        branch.Node.Add(Constant("deep"));
        NodeProto choice = new() { OpType = "If", Name = "choice" };
        choice.Attribute.Add(new AttributeProto { Name = "then_branch", G = branch });
        proto.Graph.Node.Add([Constant("c"), choice]);
        using OnnxModel model = new(proto, new Dictionary<string, TensorData>());
        Assert.Equal(["c.value", "choice.then_branch/inner", "choice.then_branch/deep.value"], model.EmbeddedTensors().Select(entry => entry.Name));

        static NodeProto Constant(string name) => new()
        {
            OpType = "Constant",
            Name = name,
            Attribute = { new AttributeProto { Name = "value", T = SampleModels.Raw("", TensorData.From<float>([1], 1)) } },
        };
    }

    private static void Add(ModelProto proto, ElementType type, Action<TensorProto> fill)
    {
        TensorProto tensor = new() { Name = type.ShortName(), DataType = (int)type, Dims = { 2 } };
        fill(tensor);
        proto.Graph.Initializer.Add(tensor);
    }
}
