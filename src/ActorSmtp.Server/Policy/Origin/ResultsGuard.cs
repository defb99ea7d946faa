using System.Text;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>
/// Takes fields out of mail that say in our name what only we can say (RFC 8601 §5), wherever mail comes in: from strangers, from users, from trusted networks, at listeners that ask nobody's
/// origin. Stands at no listener where no listener of the server writes such a field: then nobody believes one. Left alone are other servers under our name
/// (<c>origin.trusted-results</c>), and the neighbour that hands mail over by LMTP, which crosses no border.
/// </summary>
/// <param name="server">Our name in such fields.</param>
/// <param name="trusted">Whose fields stay.</param>
internal sealed class ResultsGuard(string server, TrustedNetworks trusted) : ICheck
{
    public string Name => "results";

    public bool IsForEverybody => true;

    public ICheckOfSession? Begin(SessionFacts session) => trusted.Contain(session.Peer) ? null : new OfSession(server);

    /// <summary>Whether a field has to go.</summary>
    /// <param name="field">With its name, or the beginning of it.</param>
    /// <param name="server">Our name.</param>
    internal static bool Forges(ReadOnlySpan<byte> field, string server)
    {
        var colon = field.IndexOf((byte)':');
        return Ascii.EqualsIgnoreCase((colon < 0 ? field : field[..colon]).TrimEnd(" \t"u8), AuthenticationResults.FieldName)
            && (colon < 0 || AuthenticationResults.HasToGo(Encoding.UTF8.GetString(field[(colon + 1)..]), server));        // no colon as far as it is held: blanks to hide it
    }

    private sealed class OfSession(string server) : ICheckOfSession
    {
        public PolicySteps Steps => PolicySteps.None;

        public bool RemovesFields => true;

        public ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline) => new(PolicyAnswer.Pass);

        public bool Removes(ReadOnlySpan<byte> field) => Forges(field, server);

        public void Reset()
        {
        }

        public void Dispose()
        {
        }
    }
}
