using Akka.Configuration;

namespace Akka.TestKit.Internal;

/// <summary>The configuration texts of the kit; types are named in code, because their names hold for this engine only.</summary>
internal static class TestConfigs
{
    public static readonly Config Default = ConfigurationFactory.ParseString($$"""
        akka {
          loggers = ["{{typeof(TestEventListener).AssemblyQualifiedName}}"]
          test {
            timefactor = 1.0
            filter-leeway = 3s
            single-expect-default = 3s
            default-timeout = 5s
            calling-thread-dispatcher {
              type = "{{typeof(CallingThreadDispatcherConfigurator).AssemblyQualifiedName}}"
              throughput = 2147483647
            }
            test-actor.dispatcher {
              type = "{{typeof(CallingThreadDispatcherConfigurator).AssemblyQualifiedName}}"
              throughput = 2147483647
            }
          }
        }
        """);

    public static readonly Config FullDebug = ConfigurationFactory.ParseString("""
        akka {
          log-dead-letters-during-shutdown = on
          loglevel = DEBUG
          stdout-loglevel = DEBUG
          actor.debug {
            receive = on
            autoreceive = on
            lifecycle = on
            fsm = on
            event-stream = on
            unhandled = on
          }
        }
        """);
}
