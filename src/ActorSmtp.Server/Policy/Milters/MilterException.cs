namespace ActorSmtp.Server.Policy.Milters;

/// <summary>A milter cannot be reached, does not answer in time, or says what it may not. The message is fit for the log.</summary>
internal sealed class MilterException(string message) : Exception(message);
