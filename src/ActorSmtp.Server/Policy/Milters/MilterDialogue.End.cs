using System.Buffers;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Milter;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>
/// The end of a message: the milter asks for changes, and then says what is to become of it. Its wishes are put to use once its verdict is there and lets the message pass; what
/// it sends in the body's place goes behind the content into the store at once, and is cut off again if it is not to be used.
/// </summary>
internal sealed partial class MilterDialogue
{
    private const int MostWishes = 1000;
    private const int MostRecipients = 1000;

    /// <summary>Asks it about the whole message.</summary>
    /// <param name="message">The header, to which its changes are added.</param>
    /// <param name="kept">Takes another body.</param>
    public ValueTask<MilterSaid> EndAsync(PolicyFacts facts, HeaderChanges message, IKeptContent kept, CancellationToken cancellation)
    {
        if (_failed is not null)
        {
            return new(_failed with { IsOld = true });
        }

        if (_letsSessionPass || _saidOfMessage is { Action: not PolicyAction.Discard } || _link is null)
        {
            return new(MilterSaid.GoOn);
        }

        return _saidOfMessage is { } discards ? new(discards with { IsOld = true }) : GuardedAsync(facts, () => VerdictAsync(facts, message, kept, cancellation), PolicySteps.Content);
    }

    private async ValueTask<MilterSaid> VerdictAsync(PolicyFacts facts, HeaderChanges message, IKeptContent kept, CancellationToken cancellation)
    {
        var until = _world.Time.GetTimestamp() + (long)(Settings.EndTimeout.TotalSeconds * _world.Time.TimestampFrequency);
        if (_content is { } content)
        {
            await WithinAsync(content.EndAsync(), Settings.EndTimeout, "it has not taken the content", cancellation);
            if (content.Failure is { } why)
            {
                throw new MilterException(why);
            }

            if (content.Said is { } said)
            {
                return said;
            }
        }

        var (link, options) = (_link ?? throw new MilterException("it was given up"), _options!);
        link.ThrowIfItSpoke();
        MilterWriter.Macros(link.Output, MilterCommand.BodyEnd, MilterFacts.Macros(MilterStage.BodyEnd, options, Settings, facts));
        MilterWriter.Data(link.Output, MilterCommand.BodyEnd);
        await link.FlushAsync(Least(Settings.ContentTimeout, Left(until)), cancellation);
        var wishes = new Wishes(this, facts, kept);
        var isUsed = false;
        try
        {
            while (true)
            {
                var (reply, word) = await link.ReadAsync(static (word, data) => (MilterReply.Parse(word, data), word), Least(Settings.ContentTimeout, Left(until)), cancellation);
                if (reply is MilterReply.Plain { Word: MilterWord.Progress })
                {
                    continue;                                   // it is alive; but not for ever
                }

                if (reply is { IsChange: true })
                {
                    if (!options.Actions.HasFlag(reply.Needs))
                    {
                        throw new MilterException($"asks for a change ({reply.Needs}) that was not negotiated");
                    }

                    await wishes.TakeAsync(reply, Left(until), cancellation);
                    continue;
                }

                var said = (reply is null ? null : MilterSaid.Of(reply, MilterCommand.BodyEnd, options)) ?? throw OutOfPlace(reply, word, MilterCommand.BodyEnd);
                _isInMessage = false;
                if (said.Action != PolicyAction.Pass || Most == CheckLimit.Log)
                {
                    return said;
                }

                await wishes.FinishAsync(Left(until), cancellation);
                if (message.TakeAll(Index, wishes.OfHeader, options.Steps.HasFlag(MilterSteps.LeadingSpace)) is { } problem)
                {
                    throw new MilterException(problem);
                }

                isUsed = true;
                if (wishes.BodyAt is { } at)
                {
                    message.BodyReplaced(at);
                }

                return said with { Wishes = wishes.Others, Words = wishes.Words };
            }
        }
        finally
        {
            if (!isUsed && wishes.BodyAt is { } at)
            {
                message.Cut(at, kept.Length);
            }
        }
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>What a milter wants changed in one message, so far.</summary>
    private sealed class Wishes(MilterDialogue of, PolicyFacts facts, IKeptContent kept)
    {
        private readonly List<MilterReply> _ofHeader = [];
        private readonly List<RecipientChange> _recipients = [];
        private readonly StringBuilder _words = new();
        private readonly ArrayBufferWriter<byte> _mended = new();
        private NewlineNormalizer _newlines;
        private bool _endsInLine;
        private SmtpCommand.Mail? _sender;
        private string? _quarantine;
        private int _octets;
        private int _count;

        /// <summary>Where the body begins that it sent; null: it sent none.</summary>
        public long? BodyAt { get; private set; }

        public IReadOnlyList<MilterReply> OfHeader => _ofHeader;

        public MilterWishes Others => new(_sender, [.. _recipients], _quarantine);

        public string Words => _words.ToString();

        public async ValueTask TakeAsync(MilterReply wish, TimeSpan left, CancellationToken cancellation)
        {
            if (wish is not MilterReply.BodyPiece && ++_count > MostWishes)
            {
                throw new MilterException($"asks for more than {MostWishes} changes");
            }

            switch (wish)
            {
                case MilterReply.NewHeader m:
                    Add(wish, m.Value.Length, "+" + m.Name);
                    break;

                case MilterReply.ChangedHeader m:
                    Add(wish, m.Value.Length, (m.Value.Length == 0 ? "-" : "~") + m.Name);
                    break;

                case MilterReply.BodyPiece m:
                    await PutAsync(m.Octets, left, cancellation);
                    break;

                case MilterReply.NewSender m:
                    _sender = Path("MAIL FROM:", m.Address, m.Parameters) as SmtpCommand.Mail ?? throw NoAddress(m.Address, m.Parameters);
                    Say($"from {_sender.From}");
                    break;

                case MilterReply.NewRecipient m:
                    Change(m.Address, m.Parameters, isAdded: true);
                    break;

                case MilterReply.LostRecipient m:
                    Change(m.Address, "", isAdded: false);
                    break;

                case MilterReply.Quarantine m:
                    _quarantine = m.Reason;
                    Say("quarantine");
                    break;
            }
        }

        /// <summary>The body that it sent is complete: it ends with a line, as all that is sent on has to.</summary>
        public async ValueTask FinishAsync(TimeSpan left, CancellationToken cancellation)
        {
            if (BodyAt is null)
            {
                return;
            }

            _mended.ResetWrittenCount();
            _newlines.End(_mended);
            if (_mended.WrittenCount == 0 && !_endsInLine)
            {
                _mended.Write("\r\n"u8);
            }

            await AppendAsync(left, cancellation);
        }

        private void Add(MilterReply wish, int octets, string words)
        {
            if ((_octets += octets + 300) > 512 * 1024)
            {
                throw new MilterException("asks for more in the header than is ever put there");
            }

            _ofHeader.Add(wish);
            Say(words);
        }

        private void Change(string address, string parameters, bool isAdded)
        {
            if (_recipients.Count >= MostRecipients)
            {
                throw new MilterException($"changes more than {MostRecipients} recipients");
            }

            var rcpt = Path("RCPT TO:", address, parameters) as SmtpCommand.Rcpt ?? throw NoAddress(address, parameters);
            _recipients.Add(new RecipientChange(rcpt, isAdded));
            Say($"{(isAdded ? "to" : "not to")} {rcpt.To}");
        }

        private async ValueTask PutAsync(byte[] octets, TimeSpan left, CancellationToken cancellation)
        {
            if (BodyAt is null)
            {
                BodyAt = kept.Length;
                kept.BeginBody();
                Say("another body");
            }

            if (kept.Length - BodyAt + octets.Length > of._world.MostOctets)
            {
                throw new MilterException(string.Create(CultureInfo.InvariantCulture, $"sends a body of more than {of._world.MostOctets} octets (limits.message-size)"));
            }

            _mended.ResetWrittenCount();
            if (facts.Transaction?.Mail.Parameters.Body == BodyType.BinaryMime)
            {
                _mended.Write(octets);
            }
            else
            {
                _newlines.Write(octets, _mended);               // a bare newline is never sent on
            }

            _endsInLine = octets.Length > 0 ? octets[^1] == (byte)'\n' : _endsInLine;
            await AppendAsync(left, cancellation);
        }

        private async ValueTask AppendAsync(TimeSpan left, CancellationToken cancellation)
        {
            var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!kept.Append(_mended.WrittenSpan, room.SetResult))
            {
                await of.WithinAsync(room.Task, left, "the store has no room for its body", cancellation);
            }
        }

        private void Say(string words)
        {
            if (_words.Length < 300)
            {
                _words.Append(_words.Length > 0 ? ", " : "").Append(words);
            }
        }

        private static SmtpCommand Path(string verb, string address, string parameters)
        {
            var path = address is ['<', .., '>'] ? address : $"<{address}>";
            return CommandParser.Parse(Encoding.UTF8.GetBytes($"{verb}{path}{(parameters.Length > 0 ? " " : "")}{parameters}"), new ParserOptions(ParameterSet.All, Utf8Transaction: true));
        }

        private static MilterException NoAddress(string address, string parameters) => new($"wants an address that is none: {Shown(address)} {Shown(parameters)}".TrimEnd());

        private static string Shown(string text) => string.Concat(text.Take(100).Select(c => c is >= ' ' and <= '~' ? c : '?')) + (text.Length > 100 ? "..." : "");
    }
}
