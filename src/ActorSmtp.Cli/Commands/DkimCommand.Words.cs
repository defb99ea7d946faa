using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Signing;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Hocon;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Signing;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Commands;

/// <content>What is typed, looked up and printed.</content>
internal sealed partial class DkimCommand
{
    private const int MostLetters = 26;

    private static async Task<ImmutableArray<KeyDocument>> LookUpAsync(
        Work work, ImmutableArray<KeptSigningKey> all, ImmutableArray<KeyDocument> documents, CancellationToken cancellation)
    {
        var resolver = Resolvers.Of(work.Settings.Dns);
        return [.. await Task.WhenAll(documents.Select(async document =>
        {
            var key = all.First(k => k.DnsName == document.Name && k.Place == document.File);
            var answer = await resolver.ResolveAsync(new DnsQuestion(DnsName.Parse(document.Name), DnsType.Txt), cancellation).ConfigureAwait(false);
            var problem = PublishedKey.Problem(key.Key, answer);
            return document with { Dns = problem.Length == 0 ? "published" : problem, DnsFailed = answer is DnsFailed };
        })).ConfigureAwait(false)];
    }

    /// <summary>Of these domains; of all where none is named.</summary>
    private static ImmutableArray<KeyDocument> Documents(Work work, ImmutableArray<KeptSigningKey> all, ImmutableArray<string> domains)
    {
        foreach (var domain in domains.Where(d => !all.Any(k => k.Domain == d)))
        {
            throw new CommandFailedException(ExitCodes.BadData, $"{domain} has no key; make one with: actorsmtp dkim create {domain}");
        }

        return KeyDocument.Of(all, work.Settings.Dkim.KeepFor, work.Now).RemoveAll(d => !domains.IsEmpty && !domains.Contains(d.Domain));
    }

    private KeptSigningKey KeyOf(ParseResult parsed, ImmutableArray<KeptSigningKey> all)
    {
        var (domain, selector) = (DomainOf(parsed.GetValue(_domain)!), SelectorOf(parsed.GetValue(_which)!));
        return all.FirstOrDefault(k => k.Domain == domain && k.Selector == selector)
            ?? throw new CommandFailedException(ExitCodes.BadData, $"{domain} has no key {selector}; `actorsmtp dkim list` shows those there are");
    }

    private static string DomainOf(string text) => DkimSettings.CanonicalOf(text)
        ?? throw new CommandFailedException(ExitCodes.Usage, $"DOMAIN {Printable.Line(text)}: expected a domain, for example example.com");

    private static string SelectorOf(string text) => DkimSettings.CanonicalOf(text)
        ?? throw new CommandFailedException(ExitCodes.Usage, $"selector {Printable.Line(text)}: expected letters, digits and '-', for example s20260131");

    private static TimeSpan WaitOf(ParseResult parsed, Option<string> option, TimeSpan otherwise) => parsed.GetValue(option) is not { } text ? otherwise
        : HoconUnits.TryDuration(text, out var wait, needsUnit: true) && wait >= TimeSpan.Zero && wait <= TimeSpan.FromDays(365) ? wait
        : throw new CommandFailedException(ExitCodes.Usage, $"--wait {Printable.Line(text)}: expected a time with its unit, such as 6h or 2d, up to 365d");

    private TimeSpan WaitOf(ParseResult parsed, TimeSpan otherwise) => WaitOf(parsed, _wait, otherwise);

    private int BitsOf(Work work)
    {
        var bits = work.Parsed.GetValue(_bits) ?? work.Settings.Dkim.KeyBits;
        return bits is >= 2048 and <= 4096 ? bits : throw new CommandFailedException(ExitCodes.Usage, $"--bits {bits}: expected 2048 to 4096 (RFC 8301)");
    }

    /// <summary>Of the day: s20260131, then s20260131b; e… for Ed25519.</summary>
    private static string FreeSelector(ImmutableArray<KeptSigningKey> all, string domain, DkimAlgorithm algorithm, DateTimeOffset now)
    {
        var day = (algorithm == DkimAlgorithm.RsaSha256 ? "s" : "e") + now.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        return Enumerable.Range(0, MostLetters).Select(i => i == 0 ? day : $"{day}{(char)('a' + i)}").FirstOrDefault(s => !all.Any(k => k.Domain == domain && k.Selector == s))
            ?? throw new CommandFailedException(ExitCodes.BadData, $"{domain} has {MostLetters} keys of today: name the next with --selector");
    }

    private static void WriteRecord(TextWriter to, KeyDocument document)
    {
        to.WriteLine();
        to.WriteLine(document.Zone);
        to.WriteLine();
        to.WriteLine("The same for a form that wants name and text:");
        to.WriteLine(document.Name);
        to.WriteLine(document.Record);
        to.WriteLine();
    }

    private static void WriteHint(TextWriter to, ServerSettings settings)
    {
        if (!settings.Dkim.IsOn)
        {
            to.WriteLine("Nothing is signed yet: this configuration has dkim.sign = off.");
        }
    }

    private static string KindOf(KeyDocument document) => document.Bits is { } bits ? $"rsa {bits}" : "ed25519";

    private static string StateOf(KeyDocument document) => document.State switch
    {
        "waits" => $"signs from {Time(document.ActiveFrom)} on",
        "signs" => "signs",
        _ => $"retired, record needed until {Time(document.RecordUntil!.Value)}",
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Words(TimeSpan time) => HoconUnits.FormatDuration(time);

    /// <summary>One run of the command.</summary>
    private sealed record Work(ParseResult Parsed, ServerSettings Settings, ISigningKeyStore Keys)
    {
        /// <summary>To the second, as files have it.</summary>
        public DateTimeOffset Now { get; } = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

        /// <summary>All keys. One that cannot be used is a reason to stop: what is done without knowing of it may be wrong.</summary>
        public async Task<ImmutableArray<KeptSigningKey>> LoadAsync(CancellationToken cancellation)
        {
            var keys = await Keys.LoadAsync(Settings.Dkim.Keys, cancellation).ConfigureAwait(false);
            return keys.Problems.IsEmpty ? keys.Keys : throw new CommandFailedException(ExitCodes.BadData, string.Join("; ", keys.Problems.Take(3)));
        }

        /// <summary>It is kept in the data directory, and not by somebody else.</summary>
        public bool IsOwn(KeptSigningKey key) => !Settings.Dkim.Keys.Any(k => k.Path == key.Place);
    }

    /// <summary>What came of it: for programs, and for people.</summary>
    private sealed record Outcome(object Document, Action<TextWriter> Write)
    {
        public int ExitCode { get; init; } = ExitCodes.Ok;

        public static Outcome Said(string words) => new(new { done = words }, to => to.WriteLine(words));
    }
}
