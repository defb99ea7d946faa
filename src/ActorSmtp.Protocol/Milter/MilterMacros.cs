using System.Collections.Immutable;

namespace ActorSmtp.Protocol.Milter;

/// <summary>Names of macros, and which a filter gets that did not say which it wants: those of Postfix, and the client's address.</summary>
public static class MilterMacros
{
    private static readonly ImmutableDictionary<MilterStage, ImmutableArray<string>> s_usual = new Dictionary<MilterStage, ImmutableArray<string>>
    {
        [MilterStage.Connect] = ["j", "daemon_name", "daemon_addr", "daemon_port", "v", "_", "client_addr", "client_name", "client_port", "client_ptr", "if_addr", "if_name"],
        [MilterStage.Hello] = ["tls_version", "cipher", "cipher_bits", "cert_subject", "cert_issuer"],
        [MilterStage.Mail] = ["i", "auth_type", "auth_authen", "auth_author", "mail_addr", "mail_host", "mail_mailer"],
        [MilterStage.Rcpt] = ["i", "rcpt_addr", "rcpt_host", "rcpt_mailer"],
        [MilterStage.Data] = ["i"],
        [MilterStage.HeaderEnd] = ["i"],
        [MilterStage.BodyEnd] = ["i"],
    }.ToImmutableDictionary();

    /// <summary>Without braces, as macros are named here.</summary>
    public static string Bare(string name) => name is ['{', .. var inner, '}'] ? inner : name;

    /// <summary>As it goes out: names of one character stand alone, others in braces.</summary>
    public static string OnTheWire(string bare) => bare.Length == 1 ? bare : $"{{{bare}}}";

    /// <summary>The macros of a stage, bare, as this filter wants them.</summary>
    public static ImmutableArray<string> At(MilterStage stage, MilterOptions options) =>
        options.Macros.TryGetValue(stage, out var wanted) ? wanted : s_usual[stage];
}
