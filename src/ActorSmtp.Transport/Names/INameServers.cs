using System.Net;

namespace ActorSmtp.Transport;

/// <summary>Carries one question to one DNS server and what comes back. Knows nothing of what the octets mean.</summary>
public interface INameServers
{
    /// <summary>
    /// Sends a question and waits until something comes that <see cref="NameQuestion.IsLast"/> takes. No thread is held meanwhile.
    /// </summary>
    /// <returns>The octets taken; the caller's to keep.</returns>
    /// <exception cref="IOException">The server cannot be reached, or broke the connection; the message says which.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    Task<ReadOnlyMemory<byte>> AskAsync(NameQuestion question, CancellationToken cancellation);
}

/// <summary>One question to one server.</summary>
/// <param name="Server">Address and port.</param>
/// <param name="Octets">The message; at most 65,535 octets.</param>
/// <param name="OverTcp">By a connection of its own in place of a datagram.</param>
/// <param name="IsLast">
/// Says of each datagram whether waiting ends with it; what is late or forged is passed over. Runs on an I/O thread. By a connection there is one message, and
/// nobody is asked.
/// </param>
public sealed record NameQuestion(IPEndPoint Server, ReadOnlyMemory<byte> Octets, bool OverTcp, Func<ReadOnlyMemory<byte>, bool> IsLast);
