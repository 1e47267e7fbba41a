import java.util.Arrays;
import java.util.stream.IntStream;

/** Work for all processors that it finds, once to warm up and then some rounds: prints the milliseconds of each. */
class Work {
  static final int rounds = 5;
  static final int pieces = 24;

  public static void main(String[] arguments) {
    work();
    for (int round = 0; round < rounds; round += 1) {
      long begin = System.nanoTime();
      work();
      System.out.println((System.nanoTime() - begin) / 1_000_000);
    }
  }

  /** Sorting allocates, compares and moves: processor, memory and collector have to do. */
  static void work() {
    long sum = IntStream.range(0, pieces).parallel().mapToLong(Work::sorted).sum();
    if (sum == 0) throw new AssertionError("nothing was sorted");
  }

  static long sorted(int seed) {
    long[] numbers = new java.util.Random(seed).longs(200_000).toArray();
    Arrays.sort(numbers);
    return numbers[numbers.length / 2] | 1;
  }
}
