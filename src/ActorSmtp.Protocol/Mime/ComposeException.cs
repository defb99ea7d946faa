namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// A message cannot be made from what was given. <see cref="Exception.Message"/> is one sentence for the user that says
/// what is wrong; it has no line breaks, whatever the input had.
/// </summary>
public sealed class ComposeException(string message) : Exception(message);
