using Akka.Dispatch;

namespace Akka.Event;

/// <summary>The queue of a logger. Stands for Akka's interface of that name.</summary>
public interface ILoggerMessageQueueSemantics : ISemantics
{
}
