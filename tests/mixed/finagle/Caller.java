import java.io.InputStream;
import java.util.concurrent.Semaphore;

import com.twitter.finagle.FailureFlags;
import com.twitter.finagle.ThriftMux;
import com.twitter.finagle.service.RetryPolicy;
import com.twitter.util.FutureEventListener;

/**
 * Calls with Finagle's ThriftMux client, 20 at a time on one session; ../doc.go
 * tells what a caller is.
 */
public final class Caller {
    private static final int IN_FLIGHT = 20;

    public static void main(String[] args) throws Exception {
        // A client with one address has no other to prefer, so it keeps to it.
        ThriftMux.Client config = (ThriftMux.Client) ((ThriftMux.Client) ThriftMux.client()
            .withSessionQualifier().noFailureAccrual())
            .withSessionQualifier().noFailFast();
        Calls calls = new Calls(config.newService("inet!" + args[0] + ":" + args[1], "c"));
        Semaphore room = new Semaphore(IN_FLIGHT);
        Thread input = new Thread(() -> {
            try (InputStream in = System.in) {
                while (in.read() >= 0) { }
            } catch (java.io.IOException e) {
                // as its end
            }
        });
        input.start();
        for (int number = 0; input.isAlive(); number++) {
            room.acquire();
            String call = args[2] + " 0 " + number;
            calls.text("FooApi:echo", call).addEventListener(new Listener(call, room));
        }
        room.acquire(IN_FLIGHT);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static synchronized void say(String outcome, String call, String why) {
        System.out.println(outcome + "\t" + call + "\t" + why.replace('\n', ' '));
    }

    /** Says what became of a call. */
    private static final class Listener implements FutureEventListener<String> {
        private final String call;
        private final Semaphore room;

        Listener(String call, Semaphore room) {
            this.call = call;
            this.room = room;
        }

        @Override
        public void onSuccess(String answer) {
            say(answer.equals(call) ? "answered" : "wrong", call, answer);
            room.release();
        }

        @Override
        public void onFailure(Throwable e) {
            // Finagle's marks for what nobody has run. It takes off the first when it
            // will not send the call once more by itself.
            boolean unrun = RetryPolicy.RetryableWriteException$.MODULE$.unapply(e).isDefined()
                || e instanceof FailureFlags && ((FailureFlags<?>) e).isFlagged(FailureFlags.Rejected());
            say(unrun ? "unrun" : "lost", call, e.toString());
            room.release();
        }
    }
}
