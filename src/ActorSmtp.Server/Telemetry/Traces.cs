using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Telemetry;

/// <summary>
/// Spans of messages, for whoever listens to the source <c>ActorSmtp</c>: one from MAIL to the 250, one for each delivery. Each is made when it is
/// over, so that nothing is carried through a session; while nobody listens it costs the look at one field. The trace's id comes of the
/// message's, so that both parts, also after a restart, are one trace.
/// </summary>
internal sealed class Traces : IDisposable
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "ActorSmtp";

    private readonly ActivitySource _source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    public bool AreWanted => _source.HasListeners();

    /// <summary>A message was accepted: from MAIL until it was stable.</summary>
    public void Accepted(MailId id, string session, string listener, int recipients, long octets, DateTimeOffset from, DateTimeOffset committed, DateTimeOffset stable)
    {
        using var whole = Start("receive", ActivityKind.Server, id, default, from);
        if (whole is null)
        {
            return;
        }

        whole.SetTag("session.id", session).SetTag("smtp.listener", listener).SetTag("smtp.recipients", recipients).SetTag("smtp.octets", octets);
        using (var commit = Start("commit", ActivityKind.Internal, id, whole.SpanId, committed))
        {
            commit?.SetEndTime(stable.UtcDateTime);
        }

        whole.SetEndTime(stable.UtcDateTime);
    }

    /// <summary>A copy is in its mailbox, or could not be put there.</summary>
    public void Delivered(MailId id, string account, string? failure, DateTimeOffset from, DateTimeOffset until)
    {
        using var span = Start("deliver", ActivityKind.Consumer, id, default, from);
        span?.SetTag("mail.account", account).SetEndTime(until.UtcDateTime);
        if (failure is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error, failure);
        }
    }

    public void Dispose() => _source.Dispose();

    /// <summary>The trace of a message.</summary>
    internal static ActivityTraceId TraceOf(MailId id)
    {
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        id.Write(octets);
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt64BigEndian(octets[8..]));
        BinaryPrimitives.WriteUInt64BigEndian(octets, Mixed(high ^ low));
        BinaryPrimitives.WriteUInt64BigEndian(octets[8..], Mixed(high + (low * 0x9E3779B97F4A7C15) + 1));      // its lower half decides whether it is sampled
        return ActivityTraceId.CreateFromBytes(octets);
    }

    private Activity? Start(string name, ActivityKind kind, MailId id, ActivitySpanId parent, DateTimeOffset from)
    {
        var span = _source.StartActivity(name, kind, new ActivityContext(TraceOf(id), parent, ActivityTraceFlags.Recorded), startTime: from);
        return span?.SetTag("message.id", string.Create(CultureInfo.InvariantCulture, $"{id}"));
    }

    // The finaliser of splitmix64: every bit of the input moves every bit of the output.
    private static ulong Mixed(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
