import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

import com.twitter.finagle.Service;
import com.twitter.finagle.Thrift;
import com.twitter.finagle.ThriftMux;
import com.twitter.finagle.context.Contexts;
import com.twitter.finagle.context.Deadline;
import com.twitter.finagle.context.Deadline$;
import com.twitter.finagle.liveness.FailureDetector;
import com.twitter.finagle.service.RetryBudgets;
import com.twitter.finagle.stats.InMemoryStatsReceiver;
import com.twitter.finagle.thrift.ClientId;
import com.twitter.finagle.thrift.ThriftClientRequest;
import com.twitter.util.Await;
import com.twitter.util.Duration;
import com.twitter.util.Future;
import com.twitter.util.StorageUnit;
import com.twitter.util.Time;

import org.apache.thrift.TApplicationException;

/**
 * Runs one case with a Finagle client: java Client CASE HOST:PORT[,HOST:PORT].
 * It prints "ok" and what it saw, or "FAIL" and what went wrong. What a case does
 * stands at its method.
 */
public final class Client {
    private static final Duration LONG = Duration.fromSeconds(30);

    private final InMemoryStatsReceiver stats = new InMemoryStatsReceiver();
    private final String address;

    private Client(String address) {
        this.address = address;
    }

    public static void main(String[] args) {
        int status = 1;
        try {
            Client client = new Client(args[1]);
            System.out.println("ok " + client.run(args[0]));
            status = 0;
        } catch (Throwable e) {
            System.out.println("FAIL " + e);
            e.printStackTrace();
        }
        System.out.flush();
        Runtime.getRuntime().halt(status);
    }

    private String run(String name) throws Exception {
        switch (name) {
            case "calls": return calls();
            case "names": return names();
            case "cancel": return cancel();
            case "deadline": return deadline();
            case "fragments": return fragments();
            case "ping": return ping();
            case "nack": return nack();
            case "load": return load();
            case "plain": return plain();
            default: throw new IllegalArgumentException(name);
        }
    }

    private ThriftMux.Client config() {
        return ThriftMux.client()
            .withClientId(new ClientId("oneport.test"))
            .withStatsReceiver(stats)
            .withLabel("c");
    }

    private Calls open(ThriftMux.Client config) {
        return new Calls(config.newService("inet!" + address, "c"));
    }

    /** A thousand calls at once on one session. */
    private String calls() throws Exception {
        Calls c = open(config());
        List<Future<String>> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            all.add(i % 2 == 0 ? c.slow(1000 + i % 7) : c.text("BarApi:echo", "call " + i));
        }
        for (int i = 0; i < all.size(); i++) {
            same(Await.result(all.get(i), LONG), i % 2 == 0 ? "slept " + (1000 + i % 7) : "bar: call " + i);
        }
        same(counter("connects"), 1L);
        return "1000 calls on one session";
    }

    /** Both services by their names, the default one without, and what is not there. */
    private String names() throws Exception {
        Calls c = open(config());
        same(Await.result(c.text("FooApi:echo", "hi"), LONG), "hi");
        same(Await.result(c.text("echo", "hi"), LONG), "hi");
        same(Await.result(c.text("BarApi:reverse", "abc"), LONG), "cba");
        for (String name : new String[] {"NoApi:echo", "FooApi:none"}) {
            try {
                Await.result(c.text(name, ""), LONG);
                throw new IllegalStateException(name + " answered");
            } catch (TApplicationException e) {
                same(e.getType(), TApplicationException.UNKNOWN_METHOD);
            }
        }
        same(counter("connects"), 1L);
        return "names";
    }

    /** A call that is taken back: its tag and the session are of use again. */
    private String cancel() throws Exception {
        Calls c = open(config());
        same(Await.result(c.text("FooApi:echo", "hi"), LONG), "hi");
        for (int i = 0; i < 20; i++) {
            Future<String> slow = c.slow(60_000);
            Thread.sleep(20);
            slow.raise(new Exception("bye"));
            try {
                Await.result(slow, Duration.fromSeconds(5));
                throw new IllegalStateException("a call that was taken back is answered");
            } catch (Exception e) {
                if (e instanceof IllegalStateException) {
                    throw e;
                }
            }
            same(Await.result(c.text("FooApi:echo", "hi " + i), LONG), "hi " + i);
        }
        same(counter("connects"), 1L);
        return "20 calls taken back";
    }

    /** A deadline that passes while the call runs, and one that has passed. */
    private String deadline() throws Exception {
        Calls c = open(config());
        same(Await.result(c.text("FooApi:echo", "hi"), LONG), "hi");
        long began = System.nanoTime();
        try {
            Await.result(within(Deadline.ofTimeout(Duration.fromMilliseconds(300)), c), LONG);
            throw new IllegalStateException("it is answered");
        } catch (TApplicationException e) {
            same(e.getType(), 102);
        }
        long ms = (System.nanoTime() - began) / 1_000_000;
        if (ms < 200 || ms > 10_000) {
            throw new IllegalStateException("the deadline of 300 ms came after " + ms);
        }
        Time now = Time.now();
        try {
            Await.result(within(new Deadline(now, now.minus(Duration.fromSeconds(1))), c), LONG);
            throw new IllegalStateException("it is answered");
        } catch (com.twitter.finagle.FailedFastException | TApplicationException e) {
            throw new IllegalStateException(e);
        } catch (Exception e) {
            if (e instanceof IllegalStateException) {
                throw e;
            }
        }
        same(counter("connects"), 1L);
        return "ended after " + ms + " ms";
    }

    private static Future<String> within(Deadline d, Calls c) {
        return Contexts.broadcast().let(Deadline$.MODULE$, d, new scala.runtime.AbstractFunction0<Future<String>>() {
            @Override
            public Future<String> apply() {
                return c.slow(60_000);
            }
        });
    }

    /** Calls and replies of 1 MiB in fragments, with short calls between them. */
    private String fragments() throws Exception {
        ThriftMux.Client config = (ThriftMux.Client) config().configured(
            new com.twitter.finagle.Mux$param$MaxFrameSize(StorageUnit.fromKilobytes(64)).mk());
        Calls c = open(config);
        Random random = new Random(1);
        List<Future<byte[]>> blobs = new ArrayList<>();
        List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            byte[] blob = new byte[(1 << 20) + i];
            random.nextBytes(blob);
            sent.add(blob);
            blobs.add(c.bytes("BarApi:blob", blob));
            same(Await.result(c.text("FooApi:echo", "hi " + i), LONG), "hi " + i);
        }
        for (int i = 0; i < 20; i++) {
            if (!Arrays.equals(Await.result(blobs.get(i), LONG), sent.get(i))) {
                throw new IllegalStateException("blob " + i + " came back changed");
            }
        }
        same(counter("connects"), 1L);
        return "20 blobs of 1 MiB";
    }

    /** Pings are answered while calls wait and long replies come. */
    private String ping() throws Exception {
        ThriftMux.Client config = (ThriftMux.Client) config().configured(new FailureDetector.Param(
            new FailureDetector.ThresholdConfig(Duration.fromMilliseconds(20), Duration.fromMilliseconds(2000))).mk());
        Calls c = open(config);
        List<Future<String>> slow = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            slow.add(c.slow(3000));
        }
        for (Future<String> f : slow) {
            same(Await.result(f, LONG), "slept 3000");
        }
        same(counter("connects"), 1L);
        long pings = counter("mux", "failuredetector", "ping");
        if (pings < 20) {
            throw new IllegalStateException(pings + " pings: " + stats.counters());
        }
        return "one session for " + pings + " pings";
    }

    /** Calls that one of two servers refuses, which the client sends again. */
    private String nack() throws Exception {
        Calls c = open(config().withRetryBudget(RetryBudgets.INFINITE));
        for (int i = 0; i < 200; i++) {
            same(Await.result(c.text("FooApi:echo", "n" + i), LONG), "n" + i);
        }
        long retries = counter("retries", "requeues");
        if (retries == 0) {
            throw new IllegalStateException("nothing was sent again: " + stats.counters());
        }
        return "200 calls, " + retries + " sent again";
    }

    /**
     * Calls, 50 at a time, until the standard input ends. None may fail. The client
     * counts the calls that it does not start on a session that drains as failures
     * of the server, and shuns that for some seconds; here it does not.
     */
    private String load() throws Exception {
        Calls c = open((ThriftMux.Client) config().withSessionQualifier().noFailureAccrual());
        AtomicInteger next = new AtomicInteger();
        Thread reader = new Thread(() -> {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
            try {
                while (in.readLine() != null) { }
            } catch (java.io.IOException e) {
                // as its end
            }
        });
        reader.start();
        System.out.println("loading");
        System.out.flush();
        List<Future<String>> window = new ArrayList<>();
        while (reader.isAlive()) {
            int id = next.getAndIncrement();
            window.add(c.text("FooApi:echo", "id " + id));
            if (window.size() >= 50) {
                same(Await.result(window.remove(0), LONG), "id " + (id - 49));
            }
        }
        int id = next.get() - window.size();
        for (Future<String> f : window) {
            same(Await.result(f, LONG), "id " + id++);
        }
        return next.get() + " calls, " + counter("connects") + " sessions";
    }

    /** Finagle's plain Thrift client, which asks for an upgrade first. */
    private String plain() throws Exception {
        Service<ThriftClientRequest, byte[]> service = Thrift.client().withStatsReceiver(stats).withLabel("c")
            .newService("inet!" + address, "c");
        Calls c = new Calls(service);
        for (int round = 0; round < 10; round++) {
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                all.add(c.text(i % 2 == 0 ? "FooApi:echo" : "BarApi:echo", "p" + i));
            }
            for (int i = 0; i < all.size(); i++) {
                same(Await.result(all.get(i), LONG), i % 2 == 0 ? "p" + i : "bar: p" + i);
            }
        }
        return "200 calls on " + counter("connects") + " connections";
    }

    private long counter(String... name) {
        long sum = 0;
        String want = "c/" + String.join("/", name);
        scala.collection.Iterator<scala.Tuple2<scala.collection.immutable.Seq<String>, Object>> all = stats.counters().iterator();
        while (all.hasNext()) {
            scala.Tuple2<scala.collection.immutable.Seq<String>, Object> t = all.next();
            if (t._1().mkString("/").equals(want)) {
                sum += ((Number) t._2()).longValue();
            }
        }
        return sum;
    }

    private static void same(Object got, Object want) {
        if (!got.equals(want)) {
            throw new IllegalStateException("got " + got + ", want " + want);
        }
    }
}
