using System.CommandLine;
using System.Text;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;

namespace ActorSmtp.Cli.Queueing;

/// <summary>Which of the queue is meant: the same words for listing and for changing.</summary>
internal sealed class QueueFilterOptions
{
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(3650);

    private readonly Argument<string[]> _ids = new("ID") { Description = "Ids of messages.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _destination = new("--destination", "-d") { HelpName = "DOMAIN", Description = "For this domain; with a dot before it for every domain below." };
    private readonly Option<string> _sender = new("--sender", "-f") { HelpName = "TEXT", Description = "With this in the sender's address; <> for bounces." };
    private readonly Option<string> _recipient = new("--recipient", "-r") { HelpName = "TEXT", Description = "With this in a recipient's address." };
    private readonly Option<string> _state = new("--state") { HelpName = "STATE", Description = "Only what is active (being tried), waiting or held." };
    private readonly Option<string> _olderThan = new("--older-than") { HelpName = "TIME", Description = "Came in so long ago or longer: 90s, 10m, 2h, 3d." };
    private readonly Option<string> _error = new("--error", "-e") { HelpName = "TEXT", Description = "With this in what the last attempt ended with, or in the server's name, address or path." };

    /// <param name="withState">Whether states can be chosen among; some orders are for one of them alone.</param>
    public QueueFilterOptions AddTo(Command command, bool withState)
    {
        command.Arguments.Add(_ids);
        foreach (var option in new Option[] { _destination, _sender, _recipient, _olderThan, _error })
        {
            command.Options.Add(option);
        }

        if (withState)
        {
            _state.AcceptOnlyFromAmong("active", "waiting", "held");
            command.Options.Add(_state);
        }

        return this;
    }

    /// <summary>What was typed.</summary>
    /// <exception cref="CommandFailedException">64: something of it is wrong.</exception>
    public QueueSelection Read(ParseResult parsed)
    {
        var ids = parsed.GetValue(_ids) ?? [];
        if (ids.FirstOrDefault(id => !MailId.TryParse(id, out _)) is { } wrong)
        {
            throw new CommandFailedException(ExitCodes.Usage, $"{Printable.Line(wrong)} is no id of a message: expected 16 characters, as `actorsmtp queue list` shows them");
        }

        var older = parsed.GetValue(_olderThan);
        if (older is not null && !(HoconUnits.TryDuration(older, out var age, needsUnit: true) && age >= TimeSpan.Zero && age <= Oldest))
        {
            throw new CommandFailedException(ExitCodes.Usage, $"--older-than {Printable.Line(older)}: expected a time with its unit, such as 10m, 2h or 3d");
        }

        if (parsed.GetValue(_destination) is { } domain && domain.Contains('/'))
        {
            throw new CommandFailedException(ExitCodes.Usage, $"--destination {Printable.Line(domain)} is no domain; what a server said is found by --error with its name, address or path");
        }

        return new QueueSelection(
            ids.Length == 0 ? null : ids, Given(_destination), Given(_sender) ?? (parsed.GetResult(_sender) is null ? null : "<>"), Given(_recipient), Given(_state), older, Given(_error));

        string? Given(Option<string> option) => parsed.GetValue(option) is { Length: > 0 } text ? text : null;
    }
}

/// <summary>Which of the queue is meant, as the server is told.</summary>
internal sealed record QueueSelection(string[]? Ids, string? Destination, string? Sender, string? Recipient, string? State, string? OlderThan, string? Error)
{
    /// <summary>Nothing is said: it is everything.</summary>
    public bool IsAll => this == new QueueSelection(null, null, null, null, null, null, null);

    /// <summary>As a queue takes it that is read here.</summary>
    public QueueFilter ToFilter() => new()
    {
        Ids = [.. (Ids ?? []).Select(MailId.Parse)],
        Destination = Destination is null ? null : QueueFilter.CanonicalOf(Destination),
        Sender = Sender,
        Recipient = Recipient,
        State = State is null ? null : Enum.Parse<QueueState>(State, ignoreCase: true),
        OlderThan = OlderThan is not null && HoconUnits.TryDuration(OlderThan, out var age, needsUnit: true) ? age : null,
        Error = Error,
    };

    /// <summary>As the query of a list, with an <c>&amp;</c> before each part.</summary>
    public string Query
    {
        get
        {
            var query = new StringBuilder();
            foreach (var (name, value) in new[]
            {
                ("id", Ids is null ? null : string.Join(',', Ids)), ("destination", Destination), ("sender", Sender), ("recipient", Recipient), ("state", State),
                ("olderThan", OlderThan), ("error", Error),
            })
            {
                if (value is not null)
                {
                    query.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
                }
            }

            return query.ToString();
        }
    }
}
