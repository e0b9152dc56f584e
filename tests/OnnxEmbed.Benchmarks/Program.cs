using System.Globalization;
using OnnxEmbed.Benchmarks.Shapes;
using OnnxEmbed.Benchmarks.Torch;

switch (args)
{
    case ["weaken", string path, string version]:
        byte[] bytes = File.ReadAllBytes(path);
        int marked = ElfVersionNeeds.Weaken(bytes, version);
        File.WriteAllBytes(path, bytes);
        Console.WriteLine($"{path}: {marked} needs of {version} are weak");
        return marked > 0 ? 0 : 1;
    case ["torch-step", string kind, string length, string threads, string steps]:
        double[] times = TorchStep.Measure(
            new LlamaShape { SequenceLength = int.Parse(length, CultureInfo.InvariantCulture) },
            kind == "lora",
            int.Parse(threads, CultureInfo.InvariantCulture),
            warmUp: 2,
            int.Parse(steps, CultureInfo.InvariantCulture));
        Console.WriteLine(string.Join(' ', times.Select(time => time.ToString("F1", CultureInfo.InvariantCulture))));
        return 0;
    default:
        return 2;
}
