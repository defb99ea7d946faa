using System.CommandLine;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary>What is the same for every command.</summary>
public sealed class ShellTests
{
    [Theory]
    [InlineData("unknown command 'sned'; did you mean send?", "sned")]
    [InlineData("unknown command 'ad'; did you mean add?", "user", "ad")]
    [InlineData("unknown option '--sujbect'; did you mean --subject?", "send", "--sujbect", "x")]
    public async Task A_mistyped_word_is_64_with_a_suggestion(string complaint, params string[] words)
    {
        var typed = await Typed.Run(words);

        Assert.Equal(ExitCodes.Usage, typed.ExitCode);
        Assert.StartsWith($"actorsmtp: {complaint}\nTry: actorsmtp", typed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistyped_word_cannot_write_on_the_terminal()
    {
        var typed = await Typed.Run("\u001b[31mx\r\n");

        Assert.DoesNotContain('\u001b', typed.Error);
        Assert.Equal(2, typed.Error.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public void Every_commands_help_has_an_example()
    {
        var terminal = new Terminal { In = TextReader.Null, InOctets = () => Stream.Null, Out = TextWriter.Null, OutOctets = () => Stream.Null, Error = TextWriter.Null };

        Assert.All(All(Shell.Root(terminal)).Skip(1), c => Assert.Contains("actorsmtp ", c.Description, StringComparison.Ordinal));

        static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
    }

    [Fact]
    public async Task The_version_is_said() => Assert.Matches("^[0-9]+\\.[0-9]+", (await Typed.Run("--version")).Out);
}
