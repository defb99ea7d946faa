using System.Collections.Immutable;
using System.Net;

namespace ActorSmtp.Server.Policy.Origin;

/// <summary>What is counted of mail in the name of other domains, for people to look at. Any thread.</summary>
public interface IDmarcCounts
{
    /// <summary>Days and domains, the latest day first and of that the domain with most mail.</summary>
    /// <param name="domain">Only this one's; null: all.</param>
    /// <param name="most">So many at most.</param>
    /// <returns>And how many there are in all.</returns>
    (ImmutableArray<DmarcDay> Days, int All) List(string? domain, int most);
}

/// <summary>Mail in one domain's name on one day.</summary>
/// <param name="Day">UTC.</param>
/// <param name="Domain">Whose policy it was judged by.</param>
/// <param name="Policy">What that wants done with others' mail: none, quarantine or reject.</param>
/// <param name="Messages">In all.</param>
/// <param name="Passed">For whom SPF or a signature spoke.</param>
/// <param name="Unlisted">Messages that stand in no row, for want of room.</param>
/// <param name="Rows">Kinds of messages, the most frequent first; where many domains are listed, no more than ten of each.</param>
public sealed record DmarcDay(DateOnly Day, string Domain, string Policy, long Messages, long Passed, long Unlisted, ImmutableArray<DmarcRow> Rows);

/// <summary>Messages that agree in all that an aggregate report tells (RFC 7489 §7.2).</summary>
/// <param name="Count">How many.</param>
/// <param name="Source">The client's address.</param>
/// <param name="Disposition">What was done by the policy.</param>
/// <param name="Dkim">A signature spoke for the author.</param>
/// <param name="Spf">SPF spoke for the author.</param>
/// <param name="Why">Why not what the policy asks for was done; empty: it was.</param>
/// <param name="From">The domain of From.</param>
/// <param name="Sender">The domain of MAIL; empty: nobody sent it.</param>
/// <param name="SpfResult">What SPF says.</param>
/// <param name="Signatures">Each as domain/selector/result, with blanks between.</param>
public sealed record DmarcRow(long Count, IPAddress Source, string Disposition, bool Dkim, bool Spf, string Why, string From, string Sender, string SpfResult, string Signatures);
