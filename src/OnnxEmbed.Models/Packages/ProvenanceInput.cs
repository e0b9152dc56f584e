using System.Security.Cryptography;

namespace OnnxEmbed.Models.Packages;

/// <summary>One file that went into a package.</summary>
/// <param name="Role">What it was used as, for example <c>base</c>, <c>adapter</c>, <c>data</c>.</param>
/// <param name="File">Its name within what was named on the command line, for example <c>onnx/model.onnx</c>.</param>
/// <param name="Sha256">Hash of its bytes, 64 lower-case hexadecimal digits.</param>
public sealed record ProvenanceInput(string Role, string File, string Sha256)
{
    /// <summary>Hashes a file.</summary>
    /// <param name="role">What it is used as.</param>
    /// <param name="directory">Directory that the name is relative to.</param>
    /// <param name="name">Name relative to the directory.</param>
    public static ProvenanceInput Of(string role, string directory, string name)
    {
        using FileStream stream = System.IO.File.OpenRead(Path.Combine(directory, name));
        return new ProvenanceInput(role, name.Replace('\\', '/'), Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
