using System.Buffers.Binary;
using System.Text;

namespace OnnxEmbed.Tensors.Tests;

public class SafetensorsTests
{
    /// <summary>The layout that safetensors 0.4.5 gives (tensor.rs: metadata first, then tensors from the largest type down; compact JSON).</summary>
    private const string PythonHeader =
        """{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"a":{"dtype":"F16","shape":[1,2],"data_offsets":[12,16]}}""";

    [Fact]
    public void Write_TwoTypes_GivesTheLayoutOfTheReferenceImplementation()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, TensorData> tensors = new()
        {
            ["a"] = TensorData.FromSingles([0, 0], ElementType.Float16, 1, 2),
            ["b"] = TensorData.From<float>([0, 1, 2], 3),
        };
        SafetensorsWriter.Write(directory["x.safetensors"], tensors, new Dictionary<string, string> { ["format"] = "pt" });
        byte[] bytes = File.ReadAllBytes(directory["x.safetensors"]);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(PythonHeader, Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
        Assert.Equal(8 + length + 16, bytes.Length);
    }

    [Fact]
    public void Open_WhatWasWritten_GivesTheSameTensors()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, TensorData> tensors = new()
        {
            ["ünï/\"x\""] = TensorData.From<float>([1, 2, 3, 4, 5, 6], 2, 3),
            ["scalar"] = TensorData.From<double>([3.5]),
            ["empty"] = TensorData.From<long>([], 0, 4),
            ["bits"] = TensorData.From<bool>([true, false, true], 3),
            ["bf16"] = TensorData.FromSingles([1.5f], ElementType.BFloat16, 1),
        };
        SafetensorsWriter.Write(directory["1"], tensors);
        SafetensorsWriter.Write(directory["2"], tensors.Reverse().ToDictionary());
        Assert.Equal(File.ReadAllBytes(directory["1"]), File.ReadAllBytes(directory["2"]));
        using SafetensorsFile file = SafetensorsFile.Open(directory["1"]);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), file.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(tensors, entry => Assert.True(file.Tensors[entry.Key].ContentEquals(entry.Value)));
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Write_Exists_IsRefusedUnlessForced()
    {
        using TemporaryDirectory directory = new();
        SafetensorsWriter.Write(directory["x"], new Dictionary<string, TensorData>());
        Assert.Throws<OptionException>(() => SafetensorsWriter.Write(directory["x"], new Dictionary<string, TensorData>()));
        SafetensorsWriter.Write(directory["x"], new Dictionary<string, TensorData>(), force: true);
        Assert.Equal(["x"], directory.Entries());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "'a': f32[2] needs 8 bytes, its offsets give 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "has 8 bytes of data, of which its tensors use 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "needs offsets inside the 3 bytes of data, got [0, 4)")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "needs to begin at byte 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "the tensor 'a' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "needs to begin at byte 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "passes 2^63")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "whole numbers of 0 or more in shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "needs offsets inside")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}""", 4, "got 'Q4'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "needs dtype, shape and data_offsets of two numbers")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "once each, got 'dtype'")]
    [InlineData("""{"a":[]}""", 0, "'a': needs an object")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "needs a text under 'k'")]
    [InlineData("""{"a":""", 0, "needs a JSON header")]
    [InlineData("""{} x""", 0, "needs a JSON header")]
    [InlineData("[]", 0, "begins with '{'")]
    [InlineData("", 0, "begins with '{'")]
    public void Open_MalformedFile_SaysWhatIsWrong(string header, int dataBytes, string message)
    {
        using TemporaryDirectory directory = new();
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)json.Length);
        json.CopyTo(bytes, 8);
        File.WriteAllBytes(directory["x"], bytes);
        SafetensorsException error = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(directory["x"]));
        Assert.StartsWith(directory["x"] + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 })]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 123 })]
    [InlineData(new byte[0])]
    public void Open_HeaderLengthLeavesTheFile_IsRefused(byte[] bytes)
    {
        using TemporaryDirectory directory = new();
        File.WriteAllBytes(directory["x"], bytes);
        Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(directory["x"]));
    }

    [Fact]
    public void Open_EveryTruncationOfAFile_IsRefused()
    {
        using TemporaryDirectory directory = new();
        SafetensorsWriter.Write(directory["whole"], new Dictionary<string, TensorData> { ["a"] = TensorData.From<float>([1, 2], 2) });
        byte[] bytes = File.ReadAllBytes(directory["whole"]);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(directory["part"], bytes[..length]);
            Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(directory["part"]));
        }
    }
}
