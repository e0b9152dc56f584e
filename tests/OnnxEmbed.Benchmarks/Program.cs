using OnnxEmbed.Benchmarks;
using OnnxEmbed.Benchmarks.Files;
using OnnxEmbed.Benchmarks.Measuring;
using OnnxEmbed.Benchmarks.Shapes;
using OnnxEmbed.Benchmarks.Steps;
using OnnxEmbed.Benchmarks.Throughput;
using OnnxEmbed.Benchmarks.Torch;

int cores = Environment.ProcessorCount;
switch (args)
{
    case ["bench", ..]:
        return BenchCommand.Run(args[1..], cores);
    case ["parity"]:
        return Parity.Run(cores);
    case ["onnx-step", string kind, string length, string threads, string steps]:
        Console.WriteLine(StepTimes.Print(OnnxStep.Measure(Shape(length), kind == "lora", Numbers.Int(threads), Numbers.Int(steps))));
        Console.Error.WriteLine($"processor time {StepTimes.ProcessorTime:F1} ms a step");
        return 0;
    case ["torch-step", string kind, string length, string threads, string steps]:
        Console.WriteLine(StepTimes.Print(TorchStep.Measure(Shape(length), kind == "lora", Numbers.Int(threads), Numbers.Int(steps))));
        Console.Error.WriteLine($"processor time {StepTimes.ProcessorTime:F1} ms a step");
        return 0;
    case ["product-rate", "torch"]:
        Console.WriteLine(StepTimes.Print([ProductRate.Torch(cores)]));
        return 0;
    case ["product-rate", string kernels]:
        Console.WriteLine(StepTimes.Print([ProductRate.Onnx(kernels == "own", cores)]));
        return 0;
    case ["profile", string kind, string length]:
        return StepProfile.Run((prefix, steps) => OnnxStep.Measure(Shape(length), kind == "lora", cores, steps, prefix));
    case ["bench-large", ..]:
        MergeBenchmark.RunLarge(cores, rounds: args.Length > 1 ? Numbers.Int(args[1]) : 3);
        return 0;
    case ["merge", string method, string parameters, string threads, string times, string output, .. string[] inputs]:
        Console.WriteLine(StepTimes.Print(MergeRun.Measure(method, parameters, Numbers.Int(threads), Numbers.Int(times), output, inputs)));
        return 0;
    case ["embed-rows", string package, string data, string output, string threads]:
        return EmbedMemory.Measure(package, data, output, Numbers.Int(threads));
    case ["weaken", string path, string version]:
        byte[] bytes = File.ReadAllBytes(path);
        int marked = ElfVersionNeeds.Weaken(bytes, version);
        File.WriteAllBytes(path, bytes);
        return marked > 0 ? 0 : 1;
    default:
        Console.Error.WriteLine("usage: onnxembed-bench bench [--rounds N] [--steps N] [--only step,embed[-short|-long|-memory],tokenize,merge,silhouette] | bench-large [ROUNDS] | parity | profile lora|full LENGTH");
        return 2;
}

static LlamaShape Shape(string length) => new() { SequenceLength = Numbers.Int(length) };
