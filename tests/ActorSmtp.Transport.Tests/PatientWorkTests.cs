namespace ActorSmtp.Transport.Tests;

/// <summary>What can wait is done a little at a time, behind what cannot.</summary>
public sealed class PatientWorkTests
{
    [Fact]
    public void Work_that_cannot_wait_comes_before_all_but_a_few_of_what_can_and_nothing_is_forgotten()
    {
        var turns = new Queue<Action>();
        var options = new TransportOptions { MaxHandshakes = 1 };
        var lane = new PoolLane(options, new BufferPool(0), Transports.GateFor(options), turns.Enqueue);
        var done = new List<string>();
        for (var i = 0; i < 200; i++)
        {
            var name = $"patient {i}";
            lane.Post(new Work(patient: true, () =>
            {
                done.Add(name);
                if (name == "patient 20")
                {
                    lane.Post(new Work(patient: false, () => done.Add("urgent")));
                }
            }));
        }

        lane.Post(new Work(patient: false, () => done.Add("first")));
        while (turns.TryDequeue(out var turn))
        {
            turn();
        }

        Assert.Equal("first", done[0]);
        Assert.InRange(done.IndexOf("urgent"), done.IndexOf("patient 20") + 1, done.IndexOf("patient 20") + 4);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"patient {i}"), done.Where(d => d.StartsWith("patient", StringComparison.Ordinal)));
    }

    private sealed class Work(bool patient, Action run) : IoWork
    {
        protected internal override bool IsPatient => patient;

        protected internal override void Run() => run();
    }
}
