namespace ActorSmtp.Server.Outbound.Reporting;

/// <summary>Something that is known, counted or remembered, and is to be there after a restart: one small document. Any thread.</summary>
internal interface IKeptState
{
    /// <summary>The document of the data directory.</summary>
    string Name { get; }

    /// <summary>What it is, for the log: <c>what is known of TLS at other servers</c>.</summary>
    string What { get; }

    /// <summary>Another number: something has changed since.</summary>
    long Changes { get; }

    /// <summary>All of it, as octets; 16 MiB at most.</summary>
    byte[] Write();

    /// <summary>Takes back what <see cref="Write"/> wrote.</summary>
    /// <param name="now">What does not hold any more is left out.</param>
    /// <returns>False: these octets are something else, and nothing was taken.</returns>
    bool Read(ReadOnlySpan<byte> octets, DateTimeOffset now);
}
