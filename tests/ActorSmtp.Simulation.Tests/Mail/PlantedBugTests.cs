using ActorSmtp.Testing.Simulation;
using ActorSmtp.Testing.Simulation.Mail;
using Xunit.Abstractions;

namespace ActorSmtp.Simulation.Tests.Mail;

/// <summary>Bugs planted on purpose: each must be found within the number of seeds that every build runs, or the simulation cannot see.</summary>
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    [Fact]
    public void An_acknowledgement_before_the_sync_is_found() => Found(Bug.AcknowledgesBeforeSync, "was acknowledged and is lost");

    [Fact]
    public void Directories_that_are_not_synced_are_found() => Found(Bug.DirectoryNotSynced, "was acknowledged and is lost");

    [Fact]
    public void A_reply_said_twice_is_found() => Found(Bug.ReplyTwice, " heard ", "said after its last reply");

    [Fact]
    public void A_session_that_forgets_to_ask_for_the_next_line_is_found() => Found(Bug.ForgetsNext, "421 4.4.2", "has waited");

    /// <summary>Some seed fails, and with a message that tells of the bug; its seed fails again.</summary>
    private void Found(Bug bug, params string[] symptoms)
    {
        for (var seed = 1; seed <= MailServerTests.Seeds; seed++)
        {
            try
            {
                MailRuns.Run(seed, bug);
            }
            catch (SimulationFailedException failed)
            {
                var message = failed.InnerException!.Message;
                output.WriteLine($"seed {seed}: {message}");
                Assert.True(Array.Exists(symptoms, s => message.Contains(s, StringComparison.Ordinal)), failed.Message);
                var again = Assert.Throws<SimulationFailedException>(() => MailRuns.Run(seed, bug));
                Assert.Equal(failed.Message, again.Message);
                return;
            }
        }

        Assert.Fail($"{MailServerTests.Seeds} seeds with {bug}, and all was well");
    }
}
