using System.ComponentModel;
using System.Globalization;
using Cocona.Command;
using OnnxEmbed.Cli.Commands;

namespace OnnxEmbed.Cli.CommandLine;

/// <summary>
/// Takes a command line apart by the commands' descriptions and collects every fault. Options are <c>--name value</c>,
/// <c>--name=value</c>, <c>-o value</c>, and <c>--flag</c>; they may stand between the arguments; <c>--</c> ends them.
/// </summary>
internal static class CommandLineParser
{
    /// <exception cref="UsageException">A command or option is unknown, a value is missing or not of its type.</exception>
    public static ParsedCommandLine Parse(CommandCollection root, IReadOnlyList<string> args)
    {
        (List<CommandDescriptor> path, int next) = FindCommand(root, args);
        bool asksHelp = args.TakeWhile(arg => arg != "--").Any(arg => arg is "--help" or "-h" or "-?");
        if (asksHelp || (path.Count == 0 && args is [] or ["help"]))
        {
            return new ParsedCommandLine(path, HelpRequest.Help);
        }

        if (path.Count == 0 && args is ["--version"])
        {
            return new ParsedCommandLine(path, HelpRequest.Version);
        }

        if (path.Count == 0 || path[^1].SubCommands is { All.Count: > 0 })
        {
            throw MissingCommand(path.Count == 0 ? root : path[^1].SubCommands!, path, next < args.Count ? args[next] : null);
        }

        ParsedCommandLine line = new(path, HelpRequest.None);
        List<string> faults = [];
        Split(path[^1], args.Skip(next).ToList(), line, faults);
        // What follows an unknown option may be its value, so that the arguments cannot be counted.
        bool unknown = faults.Count > 0;
        CheckOptions(path[^1], line, faults);
        if (!unknown)
        {
            CheckArguments(path[^1], line, faults);
        }

        if (faults.Count > 0)
        {
            throw new UsageException(string.Join('\n', faults) + $" (see onnxembed {CommandName(path)} --help)");
        }

        return line;
    }

    /// <summary>The commands of a level without those that Cocona adds by itself, in the order of the catalogue.</summary>
    public static IEnumerable<CommandDescriptor> Visible(CommandCollection level) =>
        level.All.Where(command => !command.IsHidden && !command.IsPrimaryCommand).OrderBy(command => CommandCatalogue.Rank(command.Name));

    public static string CommandName(IEnumerable<CommandDescriptor> path) => string.Join(' ', path.Select(command => command.Name));

    private static (List<CommandDescriptor> Path, int Next) FindCommand(CommandCollection root, IReadOnlyList<string> args)
    {
        List<CommandDescriptor> path = [];
        CommandCollection? level = root;
        int next = 0;
        while (level is not null && next < args.Count && Visible(level).FirstOrDefault(command => command.Name == args[next]) is { } command)
        {
            path.Add(command);
            level = command.SubCommands;
            next++;
        }

        return (path, next);
    }

    private static UsageException MissingCommand(CommandCollection level, List<CommandDescriptor> path, string? got)
    {
        string known = string.Join(", ", Visible(level).Select(command => command.Name));
        string where = path.Count == 0 ? string.Empty : $"{CommandName(path)}: ";
        string found = got is null ? "got none" : $"got '{got}'";
        return new UsageException($"{where}needs a command, {found}; known: {known}");
    }

    private static void Split(CommandDescriptor command, List<string> args, ParsedCommandLine line, List<string> faults)
    {
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            if (arg == "--")
            {
                line.Arguments.AddRange(args.Skip(i + 1));
                return;
            }

            if (!arg.StartsWith('-') || arg.Length == 1 || double.TryParse(arg, CultureInfo.InvariantCulture, out _))
            {
                line.Arguments.Add(arg);
                continue;
            }

            int equals = arg.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? arg : arg[..equals];
            string? value = equals < 0 ? null : arg[(equals + 1)..];
            if (Find(command, name) is not { } option)
            {
                string known = string.Join(", ", command.Options.Where(known => !known.IsHidden).Select(known => "--" + known.Name));
                faults.Add($"unknown option {name}; known: {known}");
                continue;
            }

            if (value is null && option.UnwrappedOptionType == typeof(bool))
            {
                value = "true";
            }
            else if (value is null && ++i < args.Count && (!args[i].StartsWith("--", StringComparison.Ordinal)))
            {
                value = args[i];
            }

            if (value is null)
            {
                faults.Add($"option --{option.Name}: needs a value");
                i--;
                continue;
            }

            line.Options.Add((option, value));
        }
    }

    private static CommandOptionDescriptor? Find(CommandDescriptor command, string name) => command.Options.FirstOrDefault(option =>
        name == "--" + option.Name || (name.Length == 2 && name[0] == '-' && option.ShortName.Contains(name[1])));

    private static void CheckOptions(CommandDescriptor command, ParsedCommandLine line, List<string> faults)
    {
        foreach (IGrouping<string, (CommandOptionDescriptor Option, string Value)> given in line.Options.GroupBy(option => option.Option.Name))
        {
            (CommandOptionDescriptor option, string value) = given.First();
            if (!option.IsEnumerableLike && given.Count() > 1)
            {
                faults.Add($"option --{option.Name}: needs to be given once, got {string.Join(" and ", given.Select(each => each.Value))}");
            }

            Type type = Nullable.GetUnderlyingType(option.UnwrappedOptionType) ?? option.UnwrappedOptionType;
            foreach (string each in option.IsEnumerableLike ? given.Select(one => one.Value) : [value])
            {
                if (ValueFault(type.GetElementType() ?? type, each) is { } need)
                {
                    faults.Add($"option --{option.Name}: needs {need}, got '{each}'");
                }
            }
        }

        faults.AddRange(command.Options
            .Where(option => option.IsRequired && line.Options.All(given => given.Option != option))
            .Select(option => $"needs option --{option.Name}: {option.Description}"));
    }

    private static void CheckArguments(CommandDescriptor command, ParsedCommandLine line, List<string> faults)
    {
        IReadOnlyList<CommandArgumentDescriptor> wanted = command.Arguments;
        int required = wanted.Count(argument => argument.IsRequired);
        if (line.Arguments.Count < required)
        {
            string missing = string.Join(' ', wanted.Skip(line.Arguments.Count).Where(argument => argument.IsRequired).Select(argument => argument.Name.ToUpperInvariant()));
            faults.Add($"needs {missing}, got {(line.Arguments.Count == 0 ? "no argument" : string.Join(' ', line.Arguments))}");
        }
        else if (line.Arguments.Count > wanted.Count && !wanted.Any(argument => argument.IsEnumerableLike))
        {
            faults.Add($"takes {wanted.Count} argument{(wanted.Count == 1 ? string.Empty : "s")}, got {string.Join(' ', line.Arguments)}");
        }
    }

    /// <returns>What a value of the type needs to be, or null when this one is.</returns>
    private static string? ValueFault(Type type, string value)
    {
        if (type.IsEnum)
        {
            string[] names = Enum.GetNames(type).Select(name => name.ToLowerInvariant()).ToArray();
            return names.Contains(value) ? null : "one of " + string.Join(", ", names);
        }

        if (type == typeof(string))
        {
            return null;
        }

        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);
            return null;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            return type == typeof(bool) ? "true or false"
                : type == typeof(double) || type == typeof(float) ? "a number"
                : type == typeof(ulong) || type == typeof(uint) ? "a whole number from 0"
                : "a whole number";
        }
    }
}
