using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Server.Signing;

/// <summary>What the DNS says of a key's record, compared with the key.</summary>
public static class PublishedKey
{
    /// <summary>Empty: it is there, and the key's. Else what is wrong, in words.</summary>
    public static string Problem(DkimPrivateKey key, DnsOutcome answer)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (answer is DnsFailed failed)
        {
            return $"it cannot be looked up now: {failed.Words}";
        }

        var texts = answer is DnsFound found ? found.Records.OfType<TxtRecord>().Select(t => t.Text).ToArray() : [];
        return texts switch
        {
            [] => "there is no such record",
            _ when !Array.Exists(texts, key.IsPublishedBy) => "the record there is another key's, or none that can be read",
            [_] => "",
            _ => $"there are {texts.Length} records of this name, and a verifier may take any of them",
        };
    }
}
