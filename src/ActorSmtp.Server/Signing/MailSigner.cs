using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Signing;

/// <summary>For whom a message is signed, and how; or why it is not.</summary>
/// <param name="Keys">Null: it is not.</param>
/// <param name="Form">How.</param>
/// <param name="Why">A few words, where it is not.</param>
internal sealed record SigningPlan(DomainKeys? Keys, DkimSigningForm? Form, string Why);

/// <summary>A message that streams by, to be signed when it is whole.</summary>
/// <param name="message">What is kept of it.</param>
/// <param name="plan">Known once its header is.</param>
internal sealed class MailInSigning(SignedMessage message, Func<SigningPlan> plan) : IDisposable
{
    /// <summary>The header, and the hashes of the body.</summary>
    public SignedMessage Message => message;

    /// <summary>There once the message was whole.</summary>
    public SigningPlan Plan => plan();

    public void Dispose() => message.Dispose();
}

/// <summary>
/// Signs mail for the domain of its author (docs/signing.md). What is held of a message is its header and the state of a hash, whatever its size. Safe from any thread; signing itself
/// computes for a millisecond and belongs on nobody's I/O thread.
/// </summary>
internal sealed class MailSigner(DkimSettings settings, SigningBoard board, TimeProvider time, Metrics metrics)
{
    private const int MostAuthors = 10;

    // Signatures that are in it already are nobody's business here.
    private static readonly DkimOptions s_options = DkimOptions.Usual with { MostSignatures = 0 };

    /// <summary>Whether there is any key: else nothing needs to look on.</summary>
    public bool HasKeys => !board.Current.IsEmpty;

    /// <summary>What is done about mail that cannot be signed for a fault of ours.</summary>
    public bool DefersOnFailure => settings.DefersOnFailure;

    /// <summary>A message is about to stream by.</summary>
    /// <param name="sender">Of MAIL; null: nobody.</param>
    /// <param name="isOfUser">Somebody logged in to send it: with nobody as its sender, From could be anybody of those we sign for.</param>
    public MailInSigning Begin(Mailbox? sender, bool isOfUser)
    {
        SigningPlan? plan = null;
        var isNobodys = isOfUser && sender is null && settings.EnvelopeMustMatch;
        var message = new SignedMessage(s_options, header => (plan = isNobodys ? new SigningPlan(null, null, "it is sent by nobody (<>)") : PlanOf(header, sender)).Form is { } form ? [form.Body] : []);
        return new MailInSigning(message, () => plan ?? new SigningPlan(null, null, "the header is too long"));
    }

    /// <summary>The fields that go in front of the message, one for each kind of key; who signed, in words. Empty: nobody does, and why not.</summary>
    /// <param name="mail">Whole, and to be signed.</param>
    public (string Fields, string Words) Sign(MailInSigning mail)
    {
        var plan = mail.Plan;
        var now = time.GetUtcNow();
        var (fields, words) = ("", plan.Why);
        foreach (var signer in plan.Keys?.At(now) ?? [])
        {
            if (signer.Sign(mail.Message, plan.Form!, now) is { } field)
            {
                words = fields.Length == 0 ? $"{signer.Domain} ({signer.Selector})" : $"{words}, {signer.Domain} ({signer.Selector})";
                fields += field;
            }
        }

        (fields.Length > 0 ? metrics.DkimSigned : metrics.DkimUnsigned).Add(1);
        return (fields, fields.Length > 0 || words.Length > 0 ? words : $"no key of {plan.Keys?.Domain} signs yet");
    }

    /// <summary>Whether what a filter changes would break a signature: anything but fields that are added and not signed.</summary>
    /// <param name="inFront">Header lines that go in front of the message, by checks and filters that were asked before.</param>
    internal static bool IsTouched(SigningPlan plan, ContentEdits? edits, string inFront) => plan.Form is { } form
        && ((edits is not null && edits.All.Any(edit => edit.Removed > 0 || !AddsFieldsOnly(edit.Inserted, form)))
            || (inFront.Length > 0 && !AddsFieldsOnly(Encoding.UTF8.GetBytes(inFront), form)));

    /// <summary>For whom a message is signed (RFC 6376 §5.1).</summary>
    /// <param name="header">The whole of it.</param>
    /// <param name="sender">Of MAIL; null: nobody.</param>
    internal SigningPlan PlanOf(HeaderList header, Mailbox? sender)
    {
        var authors = header.All("From").Take(2).Count() == 1
            ? AddressParser.Flatten(header.From).Select(a => Protocol.Smtp.DomainName.ToCanonical(a.Domain)).Where(d => d.Length > 0).Distinct(StringComparer.Ordinal).Take(MostAuthors).ToImmutableArray()
            : [];
        if (authors.IsEmpty)
        {
            return new SigningPlan(null, null, "it has no From, or several");       // §8.15: whoever signs that lends its name to whatever a reader is shown
        }

        var why = "";
        foreach (var author in authors)
        {
            var keys = board.Current.Find(author);
            var rule = keys is null ? null : settings.RuleOf(keys.Domain);
            if (rule is null || (keys!.Domain != author && !rule.Subdomains))
            {
                why = why.Length > 0 ? why : $"there is no key for {Shown(author)}";
            }
            else if (!rule.Signs || !settings.RuleOf(author).Signs)
            {
                why = $"mail from {Shown(author)} is not to be signed";
            }
            else if (settings.EnvelopeMustMatch && sender is not null && !IsOfOne(sender.Domain.Canonical, author))
            {
                why = $"it is sent by {sender.Domain.Canonical}, and From says {Shown(author)}";
            }
            else
            {
                return new SigningPlan(keys, rule.Form, "");
            }
        }

        return new SigningPlan(null, null, why);
    }

    private static bool AddsFieldsOnly(ReadOnlyMemory<byte> inserted, DkimSigningForm form)
    {
        var fields = HeaderList.Read(inserted, MimeLimits.Ample);
        return fields.Raw.Length == inserted.Length && inserted.Span.EndsWith("\r\n"u8) && fields.All(field =>
            field.Name.Length > 0 && !form.Always.Contains(field.Name, StringComparer.OrdinalIgnoreCase) && !form.Present.Contains(field.Name, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>As a stranger may have written it.</summary>
    private static string Shown(string domain) => string.Concat(domain.Take(100).Select(c => c is > ' ' and <= '~' ? c : '?'));

    private static bool IsOfOne(string one, string other) =>
        one == other || (PublicSuffixes.IsName(one) && PublicSuffixes.IsName(other) && PublicSuffixes.Own.AreOneOrganization(one, other));
}
