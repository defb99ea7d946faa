using ActorSmtp.Client.Resolving;

namespace ActorSmtp.Testing.Dns;

/// <summary>A machine without /etc/resolv.conf and /etc/hosts.</summary>
public sealed class NoNameFiles : INameFiles
{
    public Task<NameFileTexts> ReadAsync(CancellationToken cancellation) => Task.FromResult(NameFileTexts.None);
}
