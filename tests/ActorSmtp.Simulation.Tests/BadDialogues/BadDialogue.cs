using System.Text;

namespace ActorSmtp.Simulation.Tests.BadDialogues;

/// <summary>What a client says, from its first octet to its last: a good dialogue, spoilt. Everything follows from the random source.</summary>
/// <param name="Octets">All that is said behind the greeting.</param>
/// <param name="Submission">To the listener where logins are required.</param>
/// <param name="CutAt">The connection breaks behind so many octets; null: it stays.</param>
internal sealed record BadDialogue(byte[] Octets, bool Submission, int? CutAt)
{
    private static readonly string[] Others =
    [
        "NOOP\r\n", "RSET\r\n", "QUIT\r\n", "HELO again\r\n", "EHLO again\r\n", "EHLO\r\n", "LHLO x\r\n", "VRFY box0\r\n", "EXPN all\r\n", "HELP\r\n", "STARTTLS\r\n", "DATA\r\n", "DATA now\r\n", "RSET now\r\n", "FROB\r\n", "\r\n", " NOOP\r\n",
        "MAIL FROM:<x@client.test>\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<x@client.test> SIZE=99999999\r\n", "MAIL FROM:<x@client.test> FROB=1\r\n", "MAIL FROM:<box0@mx.test> BODY=BINARYMIME\r\n", "MAIL FROM:<\u00c3\u00bc@x.test>\r\n", "MAIL\r\n",
        "RCPT TO:<box1@mx.test>\r\n", "RCPT TO:<nobody@mx.test>\r\n", "RCPT TO:<x@elsewhere.test>\r\n", "RCPT TO:<postmaster>\r\n", "RCPT TO:<box0%elsewhere.test@mx.test>\r\n", "RCPT TO:<@elsewhere.test:box0@mx.test>\r\n", "RCPT TO:<>\r\n", "RCPT TO:box0@mx.test\r\n",
        "BDAT 4\r\nab\r\n", "BDAT 4 LAST\r\nab\r\n", "BDAT 0 LAST\r\n", "BDAT 100\r\nNOOP\r\n", "BDAT x\r\n", "BDAT -1\r\n", "BDAT 3 LAST\r\nNOOP\r\n", ".\r\n", "..\r\n",
        "AUTH PLAIN AGJveDAAc2VjcmV0\r\n", "AUTH PLAIN AGJveDAAd3Jvbmc=\r\n", "AUTH PLAIN\r\n", "AUTH LOGIN\r\n", "Ym94MA==\r\n", "c2VjcmV0\r\n", "*\r\n", "AUTH SCRAM-SHA-256 biwsbj1ib3gwLHI9YWJjZGVmZ2hpams=\r\n", "AUTH FROB\r\n", "AUTH PLAIN =\r\n",
        "XCLIENT ADDR=192.0.2.9\r\n", "GET / HTTP/1.1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "NOOP\nRCPT TO:<box0@mx.test>\r\n", "NOOP\rQUIT\r\n", "NO\0OP\r\n", "\u00ff\u00fe\r\n",
    ];

    private static readonly string[] Bodies =
    [
        "Subject: a\r\n\r\nb\r\n.\r\n", ".\r\n", "Subject: a\r\n\r\nb\n.\nMAIL FROM:<evil@x.test>\r\nRCPT TO:<box0@mx.test>\r\nDATA\r\nevil\r\n.\r\n", "a\r\n..\r\n...b\r\n.\r\n", "a\r.\r\nNOOP\r\n.\r\n", "a\r\n.\nQUIT\r\n.\r\n", "a\0b\r\n.\r\n",
        "RSET\r\nQUIT\r\n.\r\n", "no end\r\n", "\r\n.\r\r\n.\r\n", "Received: x\r\n\r\n.\r\n",
    ];

    public static BadDialogue Make(Random random)
    {
        var steps = Good(random);
        for (var times = random.Next(6); times > 0; times--)
        {
            Spoil(steps, random);
        }

        var octets = steps.SelectMany(Encoding.Latin1.GetBytes).ToList();
        for (var times = random.Next(3) == 0 ? random.Next(4) : 0; times > 0 && octets.Count > 0; times--)
        {
            SpoilOctets(octets, random);
        }

        var cut = random.Next(8) == 0 ? random.Next(octets.Count + 1) : (int?)null;
        return new BadDialogue([.. octets], random.Next(3) == 0, cut);
    }

    private static List<string> Good(Random random)
    {
        var steps = new List<string> { random.Next(8) == 0 ? "HELO client.test\r\n" : "EHLO client.test\r\n" };
        if (random.Next(2) == 0)
        {
            steps.Add("AUTH PLAIN AGJveDAAc2VjcmV0\r\n");                                    // box0, secret
        }

        for (var mails = random.Next(4); mails > 0; mails--)
        {
            steps.Add($"MAIL FROM:<box0@mx.test>{(random.Next(4) == 0 ? " SIZE=100" : "")}\r\n");
            for (var recipients = random.Next(1, 4); recipients > 0; recipients--)
            {
                steps.Add($"RCPT TO:<box{random.Next(4)}@mx.test>\r\n");
            }

            if (random.Next(3) == 0)
            {
                for (var chunks = random.Next(3); chunks > 0; chunks--)
                {
                    steps.Add("BDAT 12\r\nSubject: a\r\n");
                }

                steps.Add(random.Next(4) == 0 ? "BDAT 0 LAST\r\n" : "BDAT 5 LAST\r\n\r\nb\r\n");
            }
            else
            {
                steps.Add("DATA\r\n");
                steps.Add(Bodies[random.Next(random.Next(2) == 0 ? 1 : Bodies.Length)]);
            }
        }

        steps.Add("QUIT\r\n");
        return steps;
    }

    private static void Spoil(List<string> steps, Random random)
    {
        var at = random.Next(steps.Count + 1);
        switch (random.Next(7))
        {
            case 0 when at < steps.Count && steps.Count > 1:
                steps.RemoveAt(at);
                break;
            case 1 when at < steps.Count:
                steps.Insert(at, steps[random.Next(steps.Count)]);
                break;
            case 2 when at < steps.Count:
                var other = random.Next(steps.Count);
                (steps[at], steps[other]) = (steps[other], steps[at]);
                break;
            case 3:
                steps.Insert(at, new string('x', random.Next(3) == 0 ? 5000 : 500) + "\r\n");
                break;
            case 4:
                steps.Insert(at, Bodies[random.Next(Bodies.Length)]);
                break;
            default:
                steps.Insert(at, Others[random.Next(Others.Length)]);
                break;
        }
    }

    private static void SpoilOctets(List<byte> octets, Random random)
    {
        var at = random.Next(octets.Count);
        switch (random.Next(5))
        {
            case 0:
                octets[at] = (byte)random.Next(256);
                break;
            case 1:
                octets.RemoveAt(at);
                break;
            case 2:
                octets.Insert(at, (byte)"\r\n\0 .:<>@"[random.Next(9)]);
                break;
            case 3:
                octets.RemoveRange(at, Math.Min(random.Next(1, 30), octets.Count - at));
                break;
            default:
                octets.InsertRange(at, octets.GetRange(at, Math.Min(random.Next(1, 60), octets.Count - at)));
                break;
        }
    }
}
