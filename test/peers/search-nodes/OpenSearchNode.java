import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One node of OpenSearch on 127.0.0.1: OpenSearchNode FOLDER HTTP-PORT TRANSPORT-PORT. */
public class OpenSearchNode {
  public static void main(String[] args) throws Exception {
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.onBuild(
        (number, settings) -> {
          settings.put("network.host", "127.0.0.1");
          settings.put("http.port", args[1]);
          settings.put("transport.port", args[2]);
          settings.put("discovery.type", "single-node");
          settings.putList("discovery.seed_hosts");
          settings.remove("cluster.initial_master_nodes");
          settings.remove("cluster.initial_cluster_manager_nodes");
          // A disk that is nearly full would make every index read-only.
          settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
        });
    runner.build(
        OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1).clusterName("peer"));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
    Thread.currentThread().join();
  }

  private static void close(OpenSearchRunner runner) {
    try {
      runner.close();
    } catch (Exception e) {
      e.printStackTrace();
    }
  }
}
