System.Console.WriteLine("actorsmtp");
