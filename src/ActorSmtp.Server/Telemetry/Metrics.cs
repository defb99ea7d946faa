using System.Diagnostics.Metrics;

namespace ActorSmtp.Server.Telemetry;

/// <summary>Every figure the server counts, with unit and meaning; any listener of <see cref="Meter"/>s can take them.</summary>
internal sealed class Metrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "ActorSmtp";

    private readonly Meter _meter = new(MeterName);

    public Metrics()
    {
        MessagesAccepted = _meter.CreateCounter<long>("actorsmtp.messages.accepted", "{message}", "Messages acknowledged with 250.");
        MessagesRefused = _meter.CreateCounter<long>("actorsmtp.messages.refused", "{message}", "Messages refused after their content.");
        RecipientsRefused = _meter.CreateCounter<long>("actorsmtp.recipients.refused", "{recipient}", "RCPT answered with 4xx or 5xx.");
        ConnectionsAccepted = _meter.CreateCounter<long>("actorsmtp.connections.accepted", "{connection}", "Connections that got a session.");
        ConnectionsRefused = _meter.CreateCounter<long>("actorsmtp.connections.refused", "{connection}", "Connections told 421 at once.");
        SessionsBroken = _meter.CreateCounter<long>("actorsmtp.sessions.broken", "{session}", "Sessions ended by a fault of ours.");
        Delivered = _meter.CreateCounter<long>("actorsmtp.deliveries.done", "{delivery}", "Copies put into mailboxes.");
        DeliveryFailed = _meter.CreateCounter<long>("actorsmtp.deliveries.failed", "{delivery}", "Deliveries that a mailbox refused.");
        LoginsDenied = _meter.CreateCounter<long>("actorsmtp.logins.denied", "{login}", "AUTH answered with 535 or 454.");
    }

    public Counter<long> MessagesAccepted { get; }

    public Counter<long> MessagesRefused { get; }

    public Counter<long> RecipientsRefused { get; }

    public Counter<long> ConnectionsAccepted { get; }

    public Counter<long> ConnectionsRefused { get; }

    public Counter<long> SessionsBroken { get; }

    public Counter<long> Delivered { get; }

    public Counter<long> DeliveryFailed { get; }

    public Counter<long> LoginsDenied { get; }

    public void Dispose() => _meter.Dispose();
}
