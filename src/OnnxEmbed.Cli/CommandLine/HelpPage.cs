using System.Globalization;
using System.Reflection;
using Cocona.Command;
using OnnxEmbed.Cli.Hosting;
using OnnxEmbed.Cli.Output;

namespace OnnxEmbed.Cli.CommandLine;

/// <summary>Help for the whole tool and for each command, out of the same descriptions that the parser reads.</summary>
internal static class HelpPage
{
    private const int Width = 100;

    /// <summary>Writes to stdout.</summary>
    /// <returns>Exit status 0.</returns>
    public static int Write(Session session, CommandCollection root, IReadOnlyList<CommandDescriptor> path)
    {
        TextWriter to = session.Stdout;
        if (path.Count > 0 && path[^1].SubCommands is not { All.Count: > 0 })
        {
            WriteCommand(to, path);
            return ExitStatus.Done;
        }

        string name = path.Count == 0 ? "onnxembed" : "onnxembed " + CommandLineParser.CommandName(path);
        to.WriteLine($"usage: {name} COMMAND …");
        to.WriteLine();
        to.WriteLine(path.Count == 0
            ? "Fine-tunes, merges, evaluates and ships text-embedding models as ONNX files."
            : path[^1].Description);
        to.WriteLine();
        WriteRows(to, "commands", Leaves(path.Count == 0 ? root : path[^1].SubCommands!, string.Empty));
        to.WriteLine();
        to.WriteLine($"{name} COMMAND --help explains a command with an example.");
        if (path.Count == 0)
        {
            to.WriteLine("Exit status: 0 done, 1 the work failed or a file is wrong, 2 the command line is wrong, 130 stopped by Ctrl-C.");
        }

        return ExitStatus.Done;
    }

    /// <summary>Writes the version to stdout.</summary>
    /// <returns>Exit status 0.</returns>
    public static int WriteVersion(Session session)
    {
        string version = typeof(HelpPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        session.Stdout.WriteLine($"onnxembed {version.Split('+')[0]}");
        return ExitStatus.Done;
    }

    private static IEnumerable<(string Name, string Text)> Leaves(CommandCollection level, string prefix)
    {
        foreach (CommandDescriptor command in CommandLineParser.Visible(level))
        {
            if (command.SubCommands is { All.Count: > 0 } inner)
            {
                foreach ((string Name, string Text) leaf in Leaves(inner, $"{prefix}{command.Name} "))
                {
                    yield return leaf;
                }
            }
            else
            {
                yield return (prefix + command.Name, FirstSentence(command.Description));
            }
        }
    }

    private static void WriteCommand(TextWriter to, IReadOnlyList<CommandDescriptor> path)
    {
        CommandDescriptor command = path[^1];
        string arguments = string.Concat(command.Arguments.Select(argument => " " + ArgumentName(argument)));
        string required = string.Concat(command.Options.Where(option => option.IsRequired).Select(option => $" --{option.Name} {ValueName(option)}"));
        string name = "onnxembed " + CommandLineParser.CommandName(path);
        to.WriteLine($"usage: {name}{arguments}{required} [options]");
        to.WriteLine();
        foreach (string line in Wrap(command.Description, Width))
        {
            to.WriteLine(line);
        }

        to.WriteLine();
        if (command.Arguments.Count > 0)
        {
            WriteRows(to, "arguments", command.Arguments.Select(argument => (ArgumentName(argument), argument.Description)));
            to.WriteLine();
        }

        foreach (IGrouping<bool, CommandOptionDescriptor> options in command.Options
            .Where(option => !option.IsHidden)
            .GroupBy(option => OutputOptions.Names.Contains(option.Name))
            .OrderBy(options => options.Key))
        {
            if (options.Key && command.Options.Count > OutputOptions.Names.Count)
            {
                to.WriteLine();
            }

            WriteRows(to, options.Key ? "output options" : "options", options.Select(option => (OptionName(option), OptionText(option))));
        }

        to.WriteLine();
        ExampleAttribute[] examples = command.Method.GetCustomAttributes<ExampleAttribute>().ToArray();
        to.WriteLine(examples.Length == 1 ? "example:" : "examples:");
        foreach (ExampleAttribute example in examples)
        {
            to.WriteLine("  " + example.Line);
        }
    }

    private static string ArgumentName(CommandArgumentDescriptor argument)
    {
        string name = argument.Name.ToUpperInvariant() + (argument.IsEnumerableLike ? " …" : string.Empty);
        return argument.IsRequired ? name : $"[{name}]";
    }

    private static string OptionName(CommandOptionDescriptor option)
    {
        string names = string.Concat(option.ShortName.Select(letter => $"-{letter}, ")) + "--" + option.Name;
        return option.UnwrappedOptionType == typeof(bool) ? names : $"{names} {ValueName(option)}";
    }

    private static string ValueName(CommandOptionDescriptor option)
    {
        Type type = Nullable.GetUnderlyingType(option.UnwrappedOptionType) ?? option.UnwrappedOptionType;
        return type.IsEnum ? string.Join('|', Enum.GetNames(type).Select(name => name.ToLowerInvariant()))
            : option.ValueName is { Length: > 0 } name && name != type.Name ? name
            : type == typeof(string) ? "TEXT"
            : type == typeof(double) || type == typeof(float) ? "X"
            : "N";
    }

    private static string OptionText(CommandOptionDescriptor option)
    {
        object? value = option.DefaultValue.HasValue ? option.DefaultValue.Value : null;
        string text = option.IsRequired ? option.Description + " (required)" : option.Description;
        return value switch
        {
            null or false or "" => text,
            Enum => $"{text} (default {value.ToString()!.ToLowerInvariant()})",
            IFormattable number => $"{text} (default {number.ToString(null, CultureInfo.InvariantCulture)})",
            _ => $"{text} (default {value})",
        };
    }

    private static void WriteRows(TextWriter to, string title, IEnumerable<(string Name, string Text)> rows)
    {
        List<(string Name, string Text)> list = rows.ToList();
        int column = Math.Min(30, list.Max(row => row.Name.Length)) + 4;
        to.WriteLine(title + ":");
        foreach ((string name, string text) in list)
        {
            string head = "  " + name;
            if (head.Length + 2 > column)
            {
                to.WriteLine(head);
                head = string.Empty;
            }

            foreach (string line in Wrap(text, Width - column))
            {
                to.WriteLine(head.PadRight(column) + line);
                head = string.Empty;
            }
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = string.Empty;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = string.Empty;
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }

    private static string FirstSentence(string text)
    {
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text.TrimEnd('.') : text[..end];
    }
}
