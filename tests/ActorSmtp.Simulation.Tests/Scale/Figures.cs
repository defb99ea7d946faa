namespace ActorSmtp.Simulation.Tests.Scale;

/// <summary>What is counted while it runs. Times are microseconds.</summary>
internal sealed class Figures
{
    private readonly List<double> _stores = [];
    private readonly List<double> _claims = [];
    private long _stored;
    private long _storeStatements;
    private long _delivered;
    private long _statements;

    public double NodesBusy { get; set; }

    public double DatabaseBusy { get; set; }

    public double LogOctets { get; set; }

    public long Flushes { get; set; }

    /// <summary>Statements that one node had under way at most: connections.</summary>
    public int OpenMost { get; set; }

    public double? DiedAt { get; set; }

    public int TakenOverMessages { get; private set; }

    public double TakenOverLast { get; private set; }

    public void Asked(Work kind, int open)
    {
        _statements++;
        _storeStatements += kind == Work.Store ? 1 : 0;
        OpenMost = Math.Max(OpenMost, open);
    }

    public void Answered(Statement s, double now)
    {
        switch (s.Kind)
        {
            case Work.Store:
                _stored += s.Messages;
                _stores.Add(now - s.Asked);
                break;
            case Work.Deliver:
                _delivered += s.Messages;
                break;
            case Work.Claim:
                _claims.Add(now - s.Asked);
                break;
            default:
                break;
        }
    }

    public void TakenOver(int messages, double now)
    {
        TakenOverMessages += messages;
        TakenOverLast = now - (DiedAt ?? now);
    }

    public Outcome Over(double seconds, Machines machines) => new(
        machines.Nodes,
        _stored / seconds,
        _delivered / seconds,
        At(_stores, 0.5) / 1000,
        At(_stores, 0.99) / 1000,
        At(_claims, 0.5) / 1000,
        At(_claims, 0.99) / 1000,
        NodesBusy / 1e6 / seconds / machines.Nodes,
        DatabaseBusy / 1e6 / seconds / machines.DatabaseCores,
        LogOctets / seconds,
        Flushes / seconds,
        _statements / seconds,
        _storeStatements == 0 ? 0 : (double)_stored / _storeStatements,
        OpenMost * machines.Nodes);

    private static double At(List<double> all, double share)
    {
        if (all.Count == 0)
        {
            return 0;
        }

        all.Sort();
        return all[Math.Min(all.Count - 1, (int)(share * all.Count))];
    }
}

/// <summary>What came of a run. Rates are of a second, busy is a share of what there is, times are milliseconds but for the takeover's seconds.</summary>
internal sealed record Outcome(
    int Nodes,
    double Accepted,
    double Delivered,
    double StoreMedian,
    double StoreP99,
    double ClaimMedian,
    double ClaimP99,
    double NodesBusy,
    double DatabaseBusy,
    double LogOctets,
    double Flushes,
    double Statements,
    double Group,
    int Connections)
{
    public int TakenOver { get; init; }

    public double TakenOverMost { get; init; }
}
