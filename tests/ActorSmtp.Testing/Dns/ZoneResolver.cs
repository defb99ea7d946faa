using System.Collections.Concurrent;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Testing.Dns;

/// <summary>A resolver that knows a zone and asks nobody; for tests of those who look names up. Failures are set by question.</summary>
public sealed class ZoneResolver(TestZone zone) : IResolver
{
    private readonly ConcurrentDictionary<DnsQuestion, DnsFailure> _failures = [];

    /// <summary>Every question, in order.</summary>
    public ConcurrentQueue<DnsQuestion> Asked { get; } = [];

    /// <summary>What it knows.</summary>
    public TestZone Zone { get; } = zone;

    public static ZoneResolver Of(string zone) => new(TestZone.Parse(zone));

    /// <summary>Nobody knows the answer to this question.</summary>
    public ZoneResolver Fail(string name, DnsType type, DnsFailure failure = DnsFailure.ServerFailure)
    {
        _failures[new DnsQuestion(DnsName.Parse(name), type)] = failure;
        return this;
    }

    public Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Asked.Enqueue(question);
        if (_failures.TryGetValue(question, out var failure))
        {
            return Task.FromResult<DnsOutcome>(new DnsFailed(failure, $"{question}: {failure}", TimeSpan.Zero) { Name = question.Name });
        }

        var answer = Zone.Answer(new DnsMessage { Id = 0, Questions = [question] });
        return Task.FromResult(DnsAnswer.Read(answer, question).Outcome!);
    }
}
