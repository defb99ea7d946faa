using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Policy.Hooks;

/// <summary>What became of a question to a hook, for the figures.</summary>
internal enum HookOutcome
{
    /// <summary>It answered.</summary>
    Answered,

    /// <summary>It did not, in time or at all, or nonsense.</summary>
    Failed,

    /// <summary>It was not asked, since it is left alone.</summary>
    NotAsked,
}

/// <summary>
/// The line to one hook: so many questions at a time, each within its time; and when it has failed some times in a row it is left alone for a while, so that a hook that is down
/// costs no message more than a look. Then one question tries it: the others go on without until that one is answered.
/// </summary>
internal sealed class HookLine(HttpHookSettings settings, IHttpPosts posts, TimeProvider time, Metrics metrics, Log log)
{
    private const string IsLeftAlone = "it is left alone, since it failed";

    private readonly FairPlaces _places = new(settings.AtOnce);
    private readonly Lock _lock = new();
    private int _failures;
    private long? _restsUntil;                  // by the clock's stamps; null: it is well
    private bool _isTried;

    public HttpHookSettings Settings => settings;

    public OctetBudget Memory { get; } = new(settings.Memory, forStrangers: Math.Max(settings.ContentLimit, settings.Memory - (settings.Memory / 4)));

    /// <summary>Asks. Whatever goes wrong is an answer.</summary>
    /// <param name="write">Makes the question, once it is sure that it will be asked.</param>
    /// <param name="isKnown">About somebody who logged in, or a neighbour: strangers leave some places to those.</param>
    /// <param name="over">Nobody waits for the answer any more.</param>
    /// <exception cref="OperationCanceledException">That.</exception>
    public async Task<HookAnswer> AskAsync(Func<ReadOnlyMemory<byte>> write, bool isKnown, CancellationToken over)
    {
        if (!MayAsk(out var tries))
        {
            metrics.HookQuestions[HookOutcome.NotAsked].Add(1);
            return new HookAnswer(null, IsLeftAlone);
        }

        using var patience = new CancellationTokenSource(settings.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, over);
        var (wasAsked, answer) = (false, default(HookAnswer));
        try
        {
            await _places.TakeAsync(isKnown, either.Token);
            wasAsked = true;
            try
            {
                var heard = await posts.PostAsync(new HttpPost(settings.Url, settings.Headers, write(), HookAnswer.Longest), either.Token);
                answer = HookAnswer.Read(settings.Name, heard.Status, heard.Body);
            }
            finally
            {
                _places.GiveBack(isKnown);
            }
        }
        catch (OperationCanceledException) when (!over.IsCancellationRequested)
        {
            answer = new HookAnswer(null, wasAsked ? $"no answer within {settings.Timeout.TotalSeconds:0.###} s" : "too many wait for it already");
        }
        catch (OperationCanceledException)
        {
            GaveUp(tries);
            throw;
        }
#pragma warning disable CA1031 // whatever it is, it is no answer; one that tries a hook must not be lost, or the hook would rest for ever
        catch (Exception cannot)
#pragma warning restore CA1031
        {
            answer = new HookAnswer(null, cannot.Message);
        }

        metrics.HookQuestions[answer.Answer is null ? HookOutcome.Failed : HookOutcome.Answered].Add(1);
        Learn(answer, wasAsked, tries);
        return answer;
    }

    private bool MayAsk(out bool tries)
    {
        lock (_lock)
        {
            tries = false;
            if (_restsUntil is not { } until)
            {
                return true;
            }

            if (_isTried || time.GetTimestamp() < until)
            {
                return false;
            }

            return tries = _isTried = true;
        }
    }

    private void GaveUp(bool tries)
    {
        lock (_lock)
        {
            _isTried &= !tries;
        }
    }

    private void Learn(HookAnswer answer, bool wasAsked, bool tries)
    {
        var (restsNow, isWellNow) = (false, false);
        lock (_lock)
        {
            _isTried &= !tries;
            if (answer.Answer is not null)
            {
                (_failures, isWellNow) = (0, _restsUntil is not null);
                _restsUntil = null;
            }
            else if (wasAsked && (++_failures >= settings.Failures || tries))
            {
                restsNow = _restsUntil is null;
                _restsUntil = time.GetTimestamp() + (long)(settings.Rest.TotalSeconds * time.TimestampFrequency);
            }
        }

        if (restsNow)
        {
            log.HookRests(settings.Name, settings.Rest, answer.Wrong ?? "");
        }
        else if (isWellNow)
        {
            log.HookIsAskedAgain(settings.Name);
        }
    }
}
