using System.Collections.Immutable;

namespace ActorSmtp.Server.Policy;

/// <summary>Something that has an opinion on mail: a list of bad addresses, a milter, mail authentication. One for all listeners that name it.</summary>
internal interface ICheck
{
    /// <summary>Its word in <c>checks</c>, in findings, log and figures.</summary>
    string Name { get; }

    /// <summary>Sessions that logged in are its business; else those that did not.</summary>
    bool IsForUsers => false;

    /// <summary>All sessions are its business: logged in or not, trusted or not.</summary>
    bool IsForEverybody => false;

    /// <summary>How long it may take at one step; null: <c>gatekeeping.timeout</c>.</summary>
    TimeSpan? Patience => null;

    /// <summary>What becomes of mail while the check fails or does not answer in time: defer it, or else let it pass.</summary>
    bool DefersOnFailure => false;

    /// <summary>A session begins. Called in the session's turn: never blocks, never throws.</summary>
    /// <returns>Its part in that session; null: it has none.</returns>
    ICheckOfSession? Begin(SessionFacts session);
}

/// <summary>
/// A check's part in one session: asked by one caller at a time, in the order of the dialogue. Disposed when the session is over, which may be while
/// an answer is awaited: that answer's token is cancelled before.
/// </summary>
internal interface ICheckOfSession : IDisposable
{
    /// <summary>Where it wants to be asked.</summary>
    PolicySteps Steps { get; }

    /// <summary>
    /// What it says. Begins in the session's turn, so nothing before the first await may block; what throws, or is not there when
    /// <paramref name="deadline"/> is cancelled, has failed (<see cref="ICheck.DefersOnFailure"/>), and the session asks it no more.
    /// </summary>
    ValueTask<PolicyAnswer> AskAsync(PolicySteps step, PolicyFacts facts, CancellationToken deadline);

    /// <summary>Content is about to come: what sees it go by; null: nothing of this check does.</summary>
    IContentTap? Receive(PolicyFacts facts) => null;

    /// <summary>The same, for one that has several who look on.</summary>
    ImmutableArray<IContentTap> ReceiveAll(PolicyFacts facts) => Receive(facts) is { } tap ? [tap] : [];

    /// <summary>Content is about to come, before <see cref="Receive"/>: what of it is kept.</summary>
    void Keeps(IKeptContent kept)
    {
    }

    /// <summary>Whether <see cref="Removes"/> is to be asked of the header fields of this message.</summary>
    bool RemovesFields => false;

    /// <summary>A header field of the content goes by, on the I/O thread. True: it is left out of what is stored; taps see it still.</summary>
    /// <param name="field">With its line ends; of a very long one the beginning.</param>
    bool Removes(ReadOnlySpan<byte> field) => false;

    /// <summary>The transaction is over, whatever became of it: what is known of it is forgotten.</summary>
    void Reset();
}

/// <summary>Sees the content of a message on its way to the store, on the I/O thread: unstuffed, as it was received, without our own trace fields.</summary>
internal interface IContentTap
{
    /// <summary>It wants to see what is kept, without the fields that checks take out.</summary>
    bool SeesWhatIsKept => false;

    /// <summary>A filter puts another body behind the content; only while an answer about the whole is awaited, by one caller at a time.</summary>
    /// <param name="at">Where it begins in what is kept.</param>
    void BeginBody(long at)
    {
    }

    /// <summary>A part of that body. Never blocks, never throws.</summary>
    void TakeOfBody(ReadOnlySpan<byte> octets)
    {
    }

    /// <summary>Octets in the order of the message, cut anywhere. Never blocks, never throws, keeps no more than it says.</summary>
    /// <param name="content">Valid for the time of this call.</param>
    /// <returns>False: no more for now, until the <paramref name="ready"/> of this call has been invoked, once, from any thread.</returns>
    bool Take(ReadOnlySpan<byte> content, Action ready);
}

/// <summary>What is kept of a message whose content comes: our own trace fields, the content, and what a check puts behind it.</summary>
internal interface IKeptContent
{
    /// <summary>Octets that our trace fields have in front of the content.</summary>
    long Trace { get; }

    /// <summary>Octets kept so far.</summary>
    long Length { get; }

    /// <summary>What is put behind the content from now on is another body.</summary>
    void BeginBody();

    /// <summary>
    /// Puts octets behind the content, for <see cref="MessageChanges.Edits"/> to put to use; only while an answer about the whole content is awaited, by one caller at a time.
    /// </summary>
    /// <returns>False: no more, until the <paramref name="ready"/> of this call has been invoked, from any thread. It is invoked once at most.</returns>
    bool Append(ReadOnlySpan<byte> octets, Action ready);
}
