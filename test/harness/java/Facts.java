import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Scanner;

/** Says, for each line that it reads, what a running JVM holds for the machine that it runs on. */
class Facts {
  public static void main(String[] arguments) {
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    Runtime runtime = Runtime.getRuntime();
    Scanner input = new Scanner(System.in);
    System.out.println("ready");
    while (input.hasNextLine()) {
      input.nextLine();
      System.out.printf(
          "processors=%d memory=%d swap=%d heap=%d%n",
          runtime.availableProcessors(),
          system.getTotalMemorySize(),
          system.getTotalSwapSpaceSize(),
          runtime.maxMemory());
    }
  }
}
