using System.Buffers;
using ActorSmtp.Protocol.Milter;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>
/// Tells one milter the content of one message while it comes: pieces are queued by the I/O thread, and told one after another as the milter answers. No more than
/// <see cref="Window"/> octets wait; beyond that the peer is read no further.
/// </summary>
internal sealed class MilterContent(MilterDialogue dialogue, MilterLink link, MilterOptions options, PolicyFacts facts, CancellationToken over) : IContentTap
{
    /// <summary>Octets that may wait for the milter before no more is taken.</summary>
    public const int Window = 128 * 1024;

    private readonly Lock _gate = new();
    private readonly MessageParts _parts = new();
    private ArrayBufferWriter<byte>? _queued;
    private ArrayBufferWriter<byte>? _told;
    private Action? _room;
    private Task _telling = Task.CompletedTask;
    private bool _isUnderWay;
    private bool _isEnded;                                      // all of the content has come
    private bool _isDeaf;                                       // the milter wants no more of it, or is to have no more
    private bool _hasBegun;

    /// <summary>Its last word, said in the midst of the content; null: it did not.</summary>
    public MilterSaid? Said { get; private set; }

    /// <summary>What went wrong; null: nothing.</summary>
    public string? Failure { get; private set; }

    /// <summary>It is being told something.</summary>
    public bool IsUnderWay
    {
        get
        {
            lock (_gate)
            {
                return _isUnderWay;
            }
        }
    }

    /// <summary>Nothing is told any more, and nothing is waited for.</summary>
    public Task WhenStopped => _telling;

    public bool SeesWhatIsKept => true;

    /// <summary>A piece comes, on the I/O thread.</summary>
    /// <returns>False: no more, until <paramref name="ready"/> was invoked.</returns>
    public bool Take(ReadOnlySpan<byte> content, Action ready)
    {
        bool hasRoom;
        lock (_gate)
        {
            if (_isDeaf)
            {
                return true;
            }

            (_queued ??= new ArrayBufferWriter<byte>(Math.Max(content.Length, 4096))).Write(content);
            hasRoom = _queued.WrittenCount < Window;
            _room = hasRoom ? _room : ready;
            if (_isUnderWay)
            {
                return hasRoom;
            }

            _isUnderWay = true;
        }

        _telling = TellAsync();
        return hasRoom;
    }

    /// <summary>All has come: done when the milter was told all that it wants to know, or has said its last word.</summary>
    public Task EndAsync()
    {
        lock (_gate)
        {
            _isEnded = true;
            if (_isUnderWay || _isDeaf)
            {
                return _telling;
            }

            _isUnderWay = true;
        }

        return _telling = TellAsync();
    }

    /// <summary>No more is told.</summary>
    public void Stop()
    {
        Action? room;
        lock (_gate)
        {
            _isDeaf = true;
            (room, _room) = (_room, null);
        }

        room?.Invoke();
    }

    private async Task TellAsync()
    {
        try
        {
            if (!_hasBegun)
            {
                _hasBegun = true;
                if (options.Wants(MilterCommand.Data) && await TellAsync(MilterCommand.Data))
                {
                    Finish();
                    return;
                }
            }

            while (Next() is { } piece)
            {
                if (await TellAsync(piece))
                {
                    break;
                }
            }
        }
        catch (MilterException failed)
        {
            Failure = failed.Message;
            link.End();
            Finish();
        }
#pragma warning disable CA1031 // whatever is wrong costs this milter, and must not leave the peer waiting
        catch (Exception broken)
#pragma warning restore CA1031
        {
            Failure = broken is OperationCanceledException ? "the session is over" : broken.Message;
            link.End();
            Finish();
        }
    }

    /// <summary>What is to be told now: empty where all has come and was told; null: nothing for now.</summary>
    private ReadOnlyMemory<byte>? Next()
    {
        Action? room;
        lock (_gate)
        {
            if (_isDeaf || (!_isEnded && (_queued is null || _queued.WrittenCount == 0)))
            {
                _isUnderWay = false;
                return null;
            }

            (_queued, _told) = (_told, _queued);
            _queued?.ResetWrittenCount();
            (room, _room) = (_room, null);
        }

        room?.Invoke();
        return _told?.WrittenMemory ?? ReadOnlyMemory<byte>.Empty;
    }

    /// <summary>True: it was the last.</summary>
    private async ValueTask<bool> TellAsync(ReadOnlyMemory<byte> piece)
    {
        var ended = piece.IsEmpty;
        for (var at = 0; !_isDeaf;)
        {
            var part = Write(piece.Span[at..], ended, out var consumed, out var command);
            at += consumed;
            switch (part)
            {
                case MessagePart.End:
                    Finish();
                    return true;

                case MessagePart.NeedMore:
                    await link.FlushAsync(dialogue.Settings.ContentTimeout, over);
                    return false;
            }

            if (command is { } written && await AnswerAsync(written))
            {
                Finish();
                return true;
            }

            if (part == MessagePart.Body)
            {
                await link.FlushAsync(dialogue.Settings.ContentTimeout, over);
            }
        }

        Finish();
        return true;
    }

    /// <summary>True: that was its last word, or it wants no more.</summary>
    private async ValueTask<bool> TellAsync(MilterCommand command)
    {
        MilterWriter.Macros(link.Output, command, MilterFacts.Macros(MilterStage.Data, options, dialogue.Settings, facts));
        MilterWriter.Data(link.Output, command);
        return await AnswerAsync(command);
    }

    private async ValueTask<bool> AnswerAsync(MilterCommand command)
    {
        var said = await dialogue.AnswerAsync(command, dialogue.Settings.ContentTimeout, over);
        if (!said.IsLast)
        {
            return command == MilterCommand.HeaderEnd && !options.Wants(MilterCommand.Body);
        }

        Said = ReferenceEquals(said, MilterSaid.Skips) ? null : said;
        return true;
    }

    /// <summary>Writes the next part, if the milter wants such; consumed says how much of the piece it took.</summary>
    private MessagePart Write(ReadOnlySpan<byte> rest, bool ended, out int consumed, out MilterCommand? command)
    {
        var part = _parts.Next(rest, ended, out consumed, out var body);
        command = part switch
        {
            MessagePart.Header => MilterCommand.Header,
            MessagePart.HeaderEnd => MilterCommand.HeaderEnd,
            MessagePart.Body => MilterCommand.Body,
            _ => null,
        };
        if (command is not { } word || !options.Wants(word))
        {
            command = null;
            return part;
        }

        switch (word)
        {
            case MilterCommand.Header:
                var value = _parts.Value;
                MilterWriter.Header(link.Output, _parts.Name, !options.Steps.HasFlag(MilterSteps.LeadingSpace) && value is [(byte)' ', ..] ? value[1..] : value);
                break;

            case MilterCommand.HeaderEnd:
                MilterWriter.Macros(link.Output, word, MilterFacts.Macros(MilterStage.HeaderEnd, options, dialogue.Settings, facts));
                MilterWriter.Data(link.Output, word);
                break;

            default:
                MilterWriter.Data(link.Output, word, body);
                break;
        }

        return part;
    }

    private void Finish()
    {
        Action? room;
        lock (_gate)
        {
            (_isDeaf, _isUnderWay) = (true, false);
            (room, _room) = (_room, null);
            (_queued, _told) = (null, null);
        }

        room?.Invoke();
    }
}
