namespace ActorSmtp.Browser.Tests.Screenshots;

/// <summary>The names that <see cref="SignedExample"/> needs; its client is this machine.</summary>
internal static class OriginExample
{
    public const string Zone = $$"""
        example.com TXT v=spf1 ip4:127.0.0.1 -all
        _dmarc.example.com TXT v=DMARC1; p=quarantine
        brisbane._domainkey.example.com TXT {{SignedExample.Key}}
        1.0.0.127.in-addr.arpa PTR mx.example.com
        mx.example.com A 127.0.0.1

        """;
}
