using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>What hosts answer: whose fate is known, who goes on to the next host, when the destination is left alone.</summary>
internal sealed partial class RelayActor
{
    /// <summary>Hosts that are asked in one attempt before what is refused for now stays so.</summary>
    private const int MostAsked = 2;

    /// <summary>So often in a row "not now" of one who is given one message at a time: it is left alone for a while.</summary>
    private const int MostNotNow = 5;

    private Rest? _rest;

    private void OnSettled(Settled m)
    {
        if (!_underWay.Remove(m.Ticket, out var carriage))
        {
            return;
        }

        _isAlive = true;
        carriage.WasTried = true;
        carriage.Came(wasAsked: m.Results.IsEmpty || m.Results.Any(r => r.Lack is null));
        if (m.Session.IsNew && !IsReport(carriage.Errand))
        {
            _at.Reports.Stood(_destination, carriage.Current!, m.Session.Tls, carriage.FailedBefore);
        }

        var reports = m.Session.Offered.Dsn;
        var someAccepted = m.Results.Any(r => r.Accepted);
        var mayGoOn = carriage.Asked < MostAsked && carriage.MayGoOn(elsewhere: true);
        var notNow = false;
        for (var i = 0; i < carriage.Batch.Length; i++)
        {
            var recipient = carriage.Batch[i];
            if (i >= m.Results.Length)                                  // it broke before it was begun, or on a fault of ours
            {
                HopeOrSettle(carriage, Outcomes.Of(recipient, m.Failure!, mayBeNever: false), !m.Failure!.MayBeSent && mayGoOn);
                continue;
            }

            var result = m.Results[i];
            notNow |= Outcomes.SaysNotNow(result.Reply);
            var outcome = Outcomes.Of(recipient, result, reports, m.Failure);
            if (result.Lack is not null)
            {
                carriage.Hope(outcome);                                 // another host may have it (RFC 8689 §4.2.1)
            }
            else if (outcome.Kind == OutcomeKind.Later && someAccepted && result.IsOneTooMany)
            {
                carriage.Again(recipient);
            }
            else
            {
                HopeOrSettle(carriage, outcome, outcome.Kind == OutcomeKind.Later && MayTryElsewhere(result, m.Failure) && mayGoOn);
            }
        }

        if (someAccepted && _rest is { IsTold: false })
        {
            _rest = null;                                               // it is alive after all
        }

        Heed(carriage, notNow || m.Failure?.Reply is { Code: 421 });
        if (carriage.HasPending && m.Failure is null)
        {
            TakeUp(carriage);                                           // more recipients than one transaction takes
            return;
        }

        GoOnOrEnd(carriage, m.Session, m.Failure?.Phase ?? (someAccepted ? ClientState.Deciding : LastPhase(m)), m.Failure);
    }

    private static void HopeOrSettle(Carriage carriage, RecipientOutcome outcome, bool hope)
    {
        if (hope)
        {
            carriage.Hope(outcome);
        }
        else
        {
            carriage.Settle(outcome);
        }
    }

    /// <summary>Reports on TLS are not counted: two servers would report each other's reports for ever.</summary>
    private static bool IsReport(Errand errand) => errand.Envelope is { TlsNotRequired: true, From.Mailbox: null };

    private static ClientState LastPhase(Settled m) => m.Results.IsEmpty ? ClientState.Ready : m.Results.Max(r => r.Phase);

    /// <summary>Refused for now, or cut off, before content was sent to its end: another host may be better off.</summary>
    private static bool MayTryElsewhere(RecipientResult result, ClientMessages.Failed? failure) =>
        failure is null ? result.Phase is ClientState.Envelope or ClientState.AskingForData && result.Reply is { IsTransient: true }
        : failure is { MayBeSent: false, Phase: not ClientState.Deciding } && !failure.Why.StartsWith("the message ", StringComparison.Ordinal);

    private void OnUnreached(Unreached m)
    {
        if (!_underWay.Remove(m.Ticket, out var carriage))
        {
            return;
        }

        if (m.WasTried && !IsReport(carriage.Errand))
        {
            _at.Reports.Fell(_destination, carriage.Current!, m.Failure);
        }

        carriage.WasTried |= m.WasTried;
        if (m.RestsUntil is { } until && !(carriage.RestsUntil < until))
        {
            carriage.RestsUntil = until;
        }

        if (InClear(carriage, m.Failure) is { } again)
        {
            TellOfHost(carriage, null, m.Failure.Phase, m.Failure.Why, isLast: false);
            Arrive(carriage.Replace(again));
            return;
        }

        OnNotTalkedTo(carriage, m.WasTried, m.Failure.Phase, m.Failure.Why, Outcomes.IsNever(m.Failure), (r, never) => Outcomes.Of(r, m.Failure, never));
    }

    /// <summary>A policy forbids this host: it counts as one that was tried.</summary>
    private void OnBarred(Carriage carriage, RouteFailure barred)
    {
        carriage.WasTried = true;
        if (!IsReport(carriage.Errand))
        {
            _at.Reports.Barred(_destination, carriage.Current!);
        }

        OnNotTalkedTo(carriage, wasTried: true, ClientState.Securing, barred.Text, barred.IsPermanent, (r, never) =>
            new RecipientOutcome(r, never ? OutcomeKind.Never : OutcomeKind.Later, barred.Code with { Class = never ? 5 : 4 }, null, barred.Text));
    }

    /// <summary>The next address or host; where there is none, that was all.</summary>
    /// <param name="never">This host will never take it.</param>
    private void OnNotTalkedTo(Carriage carriage, bool wasTried, ClientState phase, string why, bool never, Func<int, bool, RecipientOutcome> outcome)
    {
        carriage.AllSaidNever &= never;
        if (carriage.Furthest is not { } furthest || phase >= furthest.Phase)
        {
            carriage.Furthest = (phase, outcome);
        }

        if (carriage.MayGoOn(elsewhere: false))
        {
            if (wasTried)
            {
                TellOfHost(carriage, null, phase, why, isLast: false);
            }

            carriage.GoOn(elsewhere: false);
            Arrive(carriage);
            return;
        }

        OnNobodyLeft(carriage, phase, why, carriage.Furthest.Value.Outcome);
    }

    /// <summary>
    /// Where TLS is taken as it comes and its handshake fails, clear text is no worse than a server without TLS (RFC 7435 §3), unless it had TLS before; null: it may not be.
    /// </summary>
    private NextHop? InClear(Carriage carriage, ClientMessages.Failed failure)
    {
        var hop = carriage.Current!.Next;
        if (!hop.IsOpportunistic || failure.Phase is not (ClientState.Securing or ClientState.AskingForTls) || failure.Reply is { IsTransient: true }
            || _at.TlsMemory.LacksTls(hop, Now) == Downgrade.Doubted)
        {
            return null;
        }

        _at.TlsMemory.IsBroken(hop, TlsReports.TypeOf(failure, carriage.Current!) ?? "validation-failure", Now);
        return hop with { Tls = TlsDemand.None };
    }

    /// <summary>No host could be talked to. If one was tried, that is an attempt of this errand; all others wait with the destination.</summary>
    private void OnNobodyLeft(Carriage carriage, ClientState phase, string why, Func<int, bool, RecipientOutcome> outcome)
    {
        if (!carriage.WasTried)
        {
            if (_finishing)
            {
                GiveBack(carriage.Errand);
                return;
            }

            _waiting.AddFirst(carriage.Errand);                         // it goes back with the others
            RestFor(why, null, carriage.RestsUntil);
            Begin();
            return;
        }

        var never = carriage is { AllSaidNever: true, CameThrough: false };
        carriage.SettleRest(r => outcome(r, never), lacksStand: carriage.AllSaidNever);
        var report = TellOfHost(carriage, null, phase, why, isLast: true);
        if (!never && !carriage.CameThrough && carriage.Errand.Envelope is { RequireTls: false })
        {
            RestFor(why, report, carriage.RestsUntil);
        }

        Left();
        Begin();
    }

    /// <summary>This host has done what it would. Who is left after that hopes for another one, or was not asked for since the dialogue broke.</summary>
    private void GoOnOrEnd(Carriage carriage, HopSession session, ClientState phase, ClientMessages.Failed? failure)
    {
        if (carriage.IsUnsettled && carriage.MayGoOn(elsewhere: true))
        {
            TellOfHost(carriage, session, phase, failure?.Why, isLast: false);
            carriage.GoOn(elsewhere: true);
            Arrive(carriage);
            return;
        }

        // Nobody is left of whom nothing was said, but where it broke or another host could not be talked to.
        carriage.SettleRest(
            r => failure is not null ? Outcomes.Of(r, failure with { MayBeSent = false }, mayBeNever: false) : carriage.Furthest!.Value.Outcome(r, false),
            lacksStand: failure is null && carriage.AllSaidNever);
        TellOfHost(carriage, session, phase, failure?.Why, isLast: true);
        Left();
        Begin();
    }

    /// <summary>"Not now" halves what is under way at once; said to each single message for long, it means that none is wanted for a while.</summary>
    private void Heed(Carriage carriage, bool notNow)
    {
        if (!notNow)
        {
            _pace.Good();
            return;
        }

        if (!_pace.Bad(carriage.Number))
        {
            return;
        }

        _at.Log.DestinationSlowed(_path, _destination, _pace.Limit);
        if (_pace.Limit == 1 && _pace.BadInRow >= MostNotNow)
        {
            RestFor("the server says to everything that it does not take it now", null, null);
        }
    }

    private AttemptReport TellOfHost(Carriage carriage, HopSession? session, ClientState phase, string? why, bool isLast)
    {
        var hop = carriage.Current!;
        var report = new AttemptReport
        {
            At = carriage.HereSince.At,
            Took = _at.Time.GetElapsedTime(carriage.HereSince.Stamp),
            Destination = _destination,
            Host = hop.Host.Name,
            Address = hop.Address,
            Tls = TlsUsed.Of(session?.Tls),
            TlsPolicy = hop.Policy,
            Phase = phase,
            Outcomes = carriage.TakeTold(),
            Why = why,
        };
        Report(carriage.Errand, report, isLast);
        return report;
    }

    /// <summary>The destination is left alone; told when what is under way has ended.</summary>
    private void RestFor(string why, AttemptReport? last, DateTimeOffset? atLeast)
    {
        if (_finishing)
        {
            return;
        }

        var rest = TimeSpan.FromTicks(Math.Min(_at.Settings.LongestRest.Ticks, _at.Settings.FirstRest.Ticks << Math.Min(_isAlive ? 0 : _rests, 20)));
        var until = Now + rest;
        _rest = new Rest(until > atLeast || atLeast is null ? until : atLeast.Value, why, last ?? _rest?.Last);
    }

    private void RestIfNothingIsUnderWay()
    {
        if (_rest is { IsTold: false } rest && _underWay.Count == 0)
        {
            _rest = rest with { IsTold = true };
            _waiting.Clear();
            _room = 0;
            Context.Parent.Tell(new Resting(_destination, rest.Until, rest.Why, rest.Last));
        }
    }

    /// <param name="Until">When it is tried again.</param>
    private sealed record Rest(DateTimeOffset Until, string Why, AttemptReport? Last, bool IsTold = false);
}
