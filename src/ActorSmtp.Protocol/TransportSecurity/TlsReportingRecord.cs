using System.Collections.Immutable;

namespace ActorSmtp.Protocol.TransportSecurity;

/// <summary>The TXT record at <c>_smtp._tls.DOMAIN</c>: where a domain wants reports about the way to it (RFC 8460 §3).</summary>
public static class TlsReportingRecord
{
    private const int MostPlaces = 10;

    /// <summary>The places (<c>mailto:</c> and <c>https:</c>); none where the records name none, or there is more than one record.</summary>
    /// <param name="texts">Each record's strings put together.</param>
    public static ImmutableArray<Uri> PlacesOf(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var ours = texts.Select(SemicolonFields.Read).Where(f => f is [("v", "TLSRPTv1"), ..]).Take(2).ToArray();
        if (ours is not [var only])
        {
            return [];
        }

        var rua = only.Where(f => f.Name == "rua").Select(f => f.Value).FirstOrDefault("");
        return
        [
            .. rua.Split(',').Select(p => p.Trim(' ', '\t')).Take(MostPlaces)
                .Select(p => Uri.TryCreate(p, UriKind.Absolute, out var uri) && uri.Scheme is "mailto" or "https" ? uri : null).OfType<Uri>(),
        ];
    }
}
