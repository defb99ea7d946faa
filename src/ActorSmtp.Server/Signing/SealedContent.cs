using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Server.Policy;

namespace ActorSmtp.Server.Signing;

/// <summary>
/// What becomes of a message that filters change, as far as a seal needs to know it: the header, and the hash of the body that it leaves with. Bodies that filters put in the place of the
/// one that came are hashed while they are stored; of each only that is kept.
/// </summary>
internal sealed class SealedContent(IKeptContent kept) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(long At, BodyHasher Hasher)> _bodies = [];
    private long _appendedAt = -1;

    /// <summary>What is appended from here on is another body.</summary>
    public void BeginBody(long at)
    {
        lock (_lock)
        {
            _appendedAt = _appendedAt < 0 ? at : _appendedAt;
            _bodies.Add((at, new BodyHasher(Canonicalization.Relaxed)));
        }
    }

    /// <summary>Part of it.</summary>
    public void Append(ReadOnlySpan<byte> octets)
    {
        lock (_lock)
        {
            if (_bodies is [.., (_, { } last)])
            {
                last.Take(octets);
            }
        }
    }

    /// <summary>The header and the hash of the body with the changes; null: they are of a kind that is not followed.</summary>
    public (HeaderList Header, byte[] Body)? Changed(SignedMessage message, ContentEdits? edits)
    {
        if (edits is null)
        {
            return (message.Header, message.BodyHash(Canonicalization.Relaxed));
        }

        var (head, trace) = (message.Head, kept.Trace);
        var bodyAt = trace + head.Length;
        var ofHeader = edits.All.Where(e => e.Offset < bodyAt).ToArray();
        if (ofHeader.Any(e => e.Offset + e.Removed > bodyAt || (e.Offset < trace && e.Removed > 0)))
        {
            return null;
        }

        return BodyOf(message, bodyAt, [.. edits.All.Skip(ofHeader.Length)]) is { } body ? (HeaderOf(head.Span, trace, ofHeader), body) : null;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var (_, hasher) in _bodies)
            {
                hasher.Dispose();
            }

            _bodies.Clear();
        }
    }

    private static HeaderList HeaderOf(ReadOnlySpan<byte> head, long trace, ContentEdit[] edits)
    {
        var changed = new List<byte>(head.Length + 256);
        var at = 0;
        foreach (var edit in edits)
        {
            var from = (int)Math.Max(0, edit.Offset - trace);       // above our own trace fields is above all
            changed.AddRange(head[at..from]);
            changed.AddRange(edit.Inserted.Span);
            at = from + (int)edit.Removed;
        }

        changed.AddRange(head[at..]);
        return HeaderList.Read(changed.ToArray(), MimeLimits.Ample);
    }

    /// <summary>Of all that is stored behind the header one run is left: the body that came, or one that was put in its place.</summary>
    private byte[]? BodyOf(SignedMessage message, long bodyAt, ContentEdit[] edits)
    {
        lock (_lock)
        {
            var cameTo = _appendedAt < 0 ? kept.Length : _appendedAt;
            var left = new List<(long From, long To)>();
            var at = bodyAt;
            foreach (var edit in edits)
            {
                if (!edit.Inserted.IsEmpty)
                {
                    return null;
                }

                Leave(edit.Offset);
                at = edit.Offset + edit.Removed;
            }

            Leave(kept.Length);
            if (left.Count == 0 ? cameTo == bodyAt : left is [var (from, to)] && from == bodyAt && to == cameTo)
            {
                return message.BodyHash(Canonicalization.Relaxed);
            }

            var which = left.Count == 1 ? _bodies.FindIndex(b => b.At == left[0].From) : -1;
            var end = which >= 0 && which + 1 < _bodies.Count ? _bodies[which + 1].At : kept.Length;
            return which >= 0 && left[0].To == end ? _bodies[which].Hasher.Complete() : null;

            void Leave(long to)
            {
                if (to > at)
                {
                    left.Add((at, to));
                }
            }
        }
    }
}
