using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Who may be served: <c>outbound.destinations</c> have a place, at most. While others stand in line a place is held for a slice; who has had it is given no more, and ends what it has
/// beside the places, in bounded number. A destination that was slow in its slice stands in a line of its own the next time, and a part of the places is not for such: so destinations that
/// keep us waiting keep others waiting for a slice, however many they are and however long their servers take.
/// </summary>
internal sealed partial class OutboundWork
{
    /// <summary>Errands of one relay while others wait in line.</summary>
    private const int Share = 500;

    /// <summary>Seconds that it holds its place meanwhile.</summary>
    private const uint Slice = 30;

    /// <summary>Seconds that a message takes, or that pass without an end of any, where it is slow.</summary>
    private const int Long = 10;

    /// <summary>For each place, so many that have given theirs up may be ending what they have.</summary>
    private const int OutsideEach = 4;

    private readonly Queue<Destination> _turn = new();
    private readonly Queue<Destination> _slowTurn = new();              // those that were slow when they last had a place
    private readonly LinkedList<Destination> _places = new();           // the one that has held its place longest first
    private int _slowPlaces;

    /// <summary>Destinations that stand in line.</summary>
    private int InLine => _turn.Count + _slowTurn.Count;

    private int Outside => _relays.Count - _places.Count;

    /// <summary>Places that slow destinations may have while others stand in line; as many are kept free of them while nobody does.</summary>
    private int ForSlow => _at.Settings.Destinations / 4;

    private void StandInTurn(Destination destination)
    {
        destination.IsInTurn = true;
        (destination.IsSlow && ForSlow > 0 ? _slowTurn : _turn).Enqueue(destination);
    }

    private Destination? NextInTurn() =>
        _places.Count < _at.Settings.Destinations && ((SlowMayEnter > 0 && _slowTurn.TryDequeue(out var next)) || _turn.TryDequeue(out next)) ? next : null;

    private int SlowMayEnter => Math.Max(
        Math.Min(_at.Settings.Destinations - _places.Count, ForSlow - _slowPlaces), _turn.Count == 0 ? _at.Settings.Destinations - ForSlow - _places.Count : 0);

    private void TakePlace(Destination destination, uint now)
    {
        (destination.Since, destination.MovedAt, destination.Took, destination.HasSlowPlace) = (now, now, 0, destination.IsSlow && ForSlow > 0);
        destination.Place = _places.AddLast(destination);
        _slowPlaces += destination.HasSlowPlace ? 1 : 0;
    }

    private void GiveUpPlace(Destination destination)
    {
        if (destination.Place is { } place)
        {
            _places.Remove(place);
            destination.Place = null;
            _slowPlaces -= destination.HasSlowPlace ? 1 : 0;
        }
    }

    /// <summary>As many as stand in line get the places of those that have had their slice, the one first that has held it longest.</summary>
    private void MakePlaces(uint now)
    {
        var free = _at.Settings.Destinations - _places.Count + _idle.Count;
        var entering = Math.Min(_slowTurn.Count, Math.Max(0, ForSlow - _slowPlaces));
        var wanted = _turn.Count + entering - free;
        var slowWanted = _slowTurn.Count - Math.Max(entering, SlowMayEnter);
        for (var place = _places.First; place is { Value: var destination } && now - destination.Since >= Slice && (wanted > 0 || slowWanted > 0);)
        {
            place = place.Next;
            if (destination.Idle is not null || (wanted <= 0 && !destination.HasSlowPlace))
            {
                continue;
            }

            if (destination.HasSlowPlace && slowWanted > 0)
            {
                slowWanted--;
            }
            else
            {
                wanted--;
            }

            if (!destination.IsLeaving)
            {
                destination.IsSlow = destination.Took >= Long || (destination.Out > 0 && now - destination.MovedAt >= Long);
            }

            Retire(destination);
        }
    }

    /// <summary>An errand of it has ended; the last ones count most.</summary>
    private static void Moved(Destination destination, TimeSpan took, uint now)
    {
        destination.MovedAt = now;
        destination.Took = destination.Took == 0 ? took.TotalSeconds : (0.8 * destination.Took) + (0.2 * took.TotalSeconds);
    }

    /// <summary>What is under way it ends, beside the places where there is room; what it has not begun comes back, and others have their turn.</summary>
    private void Retire(Destination destination)
    {
        destination.IsLeaving = true;
        if (!destination.IsEnding)
        {
            destination.IsEnding = true;
            destination.Relay!.Tell(Finish.Instance, _self);
        }

        _index.Touch(destination);
        if (Outside < OutsideEach * _at.Settings.Destinations)
        {
            GiveUpPlace(destination);
        }
    }

    /// <summary>When the next one has had its slice; null: nobody stands in line.</summary>
    private uint? NextSlice(uint now)
    {
        if (InLine > 0)
        {
            foreach (var destination in _places)
            {
                if (now - destination.Since < Slice)
                {
                    return destination.Since + Slice;
                }
            }
        }

        return null;
    }
}
