using static ActorSmtp.Client.Checks.Requirement;

namespace ActorSmtp.Client.Checks;

/// <summary>
/// Every known spelling of "pass this on for me", said by somebody who has not logged in (RFC 2505 §2.1). Recipients are only named, never
/// written to. A spelling at the server's own domain shows nothing where every local part there is taken.
/// </summary>
internal static class RelayingClauses
{
    private const string User = "relay-check";

    public static ClauseGroup Table { get; } = new("relaying", "Relaying")
    {
        { Must, "rfc2505-2.1-foreign", "USER@FOREIGN", at => Foreign(at, at.Plan.Sender) },
        { Must, "rfc2505-2.1-foreign-from-nobody", "USER@FOREIGN, from nobody (<>)", at => Foreign(at, "<>") },
        { Must, "rfc2505-2.1-foreign-from-here", "USER@FOREIGN, from a sender at the server's own domain", at => Foreign(at, $"<{User}@{Here(at)}>") },
        { Must, "rfc2505-2.1-foreign-from-literal", "USER@FOREIGN, from a sender at the server's own address", at => Foreign(at, $"<{User}@{ServerFacts.Literal(at.Plan)}>") },
        { Must, "rfc2505-2.1-foreign-from-localhost", "USER@FOREIGN, from a sender at localhost", at => Foreign(at, $"<{User}@localhost>") },
        { Must, "rfc2505-2.1-foreign-from-foreign", "USER@FOREIGN, from a sender at the same domain", at => Foreign(at, $"<{User}@{at.Plan.ForeignDomain}>") },
        { Must, "rfc2505-2.1-quoted", "\"USER@FOREIGN\"", at => Local(at, d => $"\"{User}@{d}\"", "") },
        { Must, "rfc2505-2.1-quoted-percent", "\"USER%FOREIGN\"", at => Local(at, d => $"\"{User}%{d}\"", "") },
        { Must, "rfc2505-2.1-percent", "USER%FOREIGN", at => Local(at, d => $"{User}%{d}", "") },
        { Must, "rfc2505-2.1-percent-here", "USER%FOREIGN@HERE", at => Local(at, d => $"{User}%{d}", Here(at)) },
        { Must, "rfc2505-2.1-percent-literal", "USER%FOREIGN@[ADDRESS]", at => Local(at, d => $"{User}%{d}", ServerFacts.Literal(at.Plan)) },
        { Must, "rfc2505-2.1-quoted-here", "\"USER@FOREIGN\"@HERE", at => Local(at, d => $"\"{User}@{d}\"", Here(at)) },
        { Must, "rfc2505-2.1-quoted-literal", "\"USER@FOREIGN\"@[ADDRESS]", at => Local(at, d => $"\"{User}@{d}\"", ServerFacts.Literal(at.Plan)) },
        { Must, "rfc2505-2.1-two-at-signs-here", "USER@FOREIGN@HERE", at => Local(at, d => $"{User}@{d}", Here(at)) },
        { Must, "rfc2505-2.1-two-at-signs-literal", "USER@FOREIGN@[ADDRESS]", at => Local(at, d => $"{User}@{d}", ServerFacts.Literal(at.Plan)) },
        { Must, "rfc2505-2.1-two-at-signs-foreign", "USER@HERE@FOREIGN", at => Rcpt(at, at.Plan.Sender, $"<{User}@{Here(at)}@{at.Plan.ForeignDomain}>") },
        { Must, "rfc2505-2.1-route-here", "@HERE:USER@FOREIGN", at => Rcpt(at, at.Plan.Sender, $"<@{Here(at)}:{User}@{at.Plan.ForeignDomain}>") },
        { Must, "rfc2505-2.1-route-literal", "@[ADDRESS]:USER@FOREIGN", at => Rcpt(at, at.Plan.Sender, $"<@{ServerFacts.Literal(at.Plan)}:{User}@{at.Plan.ForeignDomain}>") },
        { Must, "rfc2505-2.1-route-localhost", "@localhost:USER@FOREIGN", at => Rcpt(at, at.Plan.Sender, $"<@localhost:{User}@{at.Plan.ForeignDomain}>") },
        { Must, "rfc2505-2.1-bang", "FOREIGN!USER", at => Local(at, d => $"{d}!{User}", "") },
        { Must, "rfc2505-2.1-bang-here", "FOREIGN!USER@HERE", at => Local(at, d => $"{d}!{User}", Here(at)) },
        { Must, "rfc2505-2.1-bang-literal", "FOREIGN!USER@[ADDRESS]", at => Local(at, d => $"{d}!{User}", ServerFacts.Literal(at.Plan)) },
        { Must, "rfc2505-2.1-final-dot", "USER@FOREIGN with a dot at the end", at => Rcpt(at, at.Plan.Sender, $"<{User}@{at.Plan.ForeignDomain}.>") },
        { Must, "rfc2505-2.1-any-case", "USER@FOREIGN in capital letters", at => Rcpt(at, at.Plan.Sender, $"<{User}@{at.Plan.ForeignDomain.ToUpperInvariant()}>") },
    };

    private static Task Foreign(Trial at, string sender) => Rcpt(at, sender, $"<{User}@{at.Plan.ForeignDomain}>");

    /// <summary>A foreign address within a local part. Where any local part is taken at that place, this one shows nothing.</summary>
    private static async Task Local(Trial at, Func<string, string> local, string domain)
    {
        var place = domain.Length > 0 ? "@" + domain : "";
        if (await OpenAsync(at, at.Plan.Sender) is not { } talk)
        {
            return;
        }

        if ((await talk.SayAsync($"RCPT TO:<no-such-user-{Guid.NewGuid():N}{place}>")).Class == 2)
        {
            throw new ClauseSkippedException($"the server takes every local part {(domain.Length > 0 ? $"at {domain}" : "without a domain")}");
        }

        await Refused(talk, $"<{local(at.Plan.ForeignDomain)}{place}>");
    }

    private static async Task Rcpt(Trial at, string sender, string recipient)
    {
        if (await OpenAsync(at, sender) is { } talk)
        {
            await Refused(talk, recipient);
        }
    }

    /// <summary>A transaction of somebody who has not logged in; null where already the sender is refused.</summary>
    private static async Task<CheckTalk?> OpenAsync(Trial at, string sender)
    {
        if (at.Plan.Sink)
        {
            throw new ClauseSkippedException("a sink takes mail for every domain (--sink)");
        }

        var talk = await at.OpenAsync(login: false);
        var mail = await talk.SayAsync($"MAIL FROM:{sender}");
        return mail.Class == 2 ? talk : null;
    }

    private static async Task Refused(CheckTalk talk, string recipient)
    {
        var reply = await talk.SayAsync($"RCPT TO:{recipient}");
        if (reply.Class == 2)
        {
            throw new ClauseBrokenException($"RCPT TO:{recipient} is accepted: {reply} (a server that takes mail for all domains and lets none leave is checked with --sink)");
        }

        reply.IsRefusal();
    }

    private static string Here(Trial at) => at.Facts.Name?.Trim('[', ']') is { } name && ReplyGrammar.IsDomain(name)
        ? name
        : throw new ClauseSkippedException("the server gives itself no name");
}
