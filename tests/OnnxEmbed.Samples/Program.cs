// Finds the text that is nearest to each question. Usage: PROGRAM PACKAGE, for example models/number-bert.
using System.Numerics.Tensors;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using OnnxEmbed.Models.Embedders;

await using ServiceProvider services = new ServiceCollection()
    .AddOnnxEmbedder(args[0], new EmbedderOptions(Threads: 2), new TextEmbeddingGeneratorOptions { MaxDelay = TimeSpan.FromMilliseconds(2) })
    .BuildServiceProvider();
IEmbeddingGenerator<string, Embedding<float>> generator = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

string[] texts = ["2, 4, 6, 8, 10", "1, 4, 9, 16, 25", "100, 90, 80, 70, 60", "2, 3, 5, 7, 11"];
GeneratedEmbeddings<Embedding<float>> known = await generator.GenerateAsync(texts);
Console.WriteLine($"{known.Count} vectors of {known[0].Vector.Length} numbers from {known.Usage?.InputTokenCount} tokens");

// Callers at the same time share a run of the model.
string[] questions = ["3, 5, 7, 11, 13", "200, 180, 160, 140, 120"];
await Task.WhenAll(questions.Select(async question =>
{
    ReadOnlyMemory<float> vector = await generator.GenerateVectorAsync(question);
    string nearest = texts.MaxBy(text => TensorPrimitives.CosineSimilarity(vector.Span, known[Array.IndexOf(texts, text)].Vector.Span))!;
    Console.WriteLine($"{question} -> {nearest}");
}));
