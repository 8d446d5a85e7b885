package io.trestle.protocol;

import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.trestle.protocol.RpcMethod.Access;
import io.trestle.protocol.RpcMethod.Kind;
import io.trestle.protocol.v1.AwaitRunRequest;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.CancelRunRequest;
import io.trestle.protocol.v1.CompleteTaskRequest;
import io.trestle.protocol.v1.FailTaskRequest;
import io.trestle.protocol.v1.GetOperationRequest;
import io.trestle.protocol.v1.GetOperationResponse;
import io.trestle.protocol.v1.GetPayloadRequest;
import io.trestle.protocol.v1.GetPayloadResponse;
import io.trestle.protocol.v1.GetServiceGraphRequest;
import io.trestle.protocol.v1.GetTraceRequest;
import io.trestle.protocol.v1.GetTraceResponse;
import io.trestle.protocol.v1.HeartbeatRequest;
import io.trestle.protocol.v1.HeartbeatResponse;
import io.trestle.protocol.v1.InvokeChunk;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.InvokeResponse;
import io.trestle.protocol.v1.JobExecution;
import io.trestle.protocol.v1.JobResultRequest;
import io.trestle.protocol.v1.JobResultResponse;
import io.trestle.protocol.v1.JobsHeartbeatRequest;
import io.trestle.protocol.v1.JobsHeartbeatResponse;
import io.trestle.protocol.v1.JobsSubscribeRequest;
import io.trestle.protocol.v1.ListDlqRequest;
import io.trestle.protocol.v1.ListDlqResponse;
import io.trestle.protocol.v1.ListTracesRequest;
import io.trestle.protocol.v1.ListTracesResponse;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.protocol.v1.QueryLogsRequest;
import io.trestle.protocol.v1.QueryLogsResponse;
import io.trestle.protocol.v1.QueryMetricsRequest;
import io.trestle.protocol.v1.QueryMetricsResponse;
import io.trestle.protocol.v1.QueryRunRequest;
import io.trestle.protocol.v1.RefreshCertRequest;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.v1.ReplayDlqRequest;
import io.trestle.protocol.v1.ReplayDlqResponse;
import io.trestle.protocol.v1.ReplayRunRequest;
import io.trestle.protocol.v1.ReplayRunResponse;
import io.trestle.protocol.v1.RetryCompensationRequest;
import io.trestle.protocol.v1.RunSnapshot;
import io.trestle.protocol.v1.RunStatusUpdate;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.protocol.v1.ServiceGraph;
import io.trestle.protocol.v1.SignalRunRequest;
import io.trestle.protocol.v1.SignalRunResponse;
import io.trestle.protocol.v1.StartRunRequest;
import io.trestle.protocol.v1.StartRunResponse;
import io.trestle.protocol.v1.StepTask;
import io.trestle.protocol.v1.StreamChunk;
import io.trestle.protocol.v1.SubscribeClientMessage;
import io.trestle.protocol.v1.SubscribeRequest;
import io.trestle.protocol.v1.SubscribeServerMessage;
import io.trestle.protocol.v1.TelemetryAck;
import io.trestle.protocol.v1.TelemetryBatch;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The catalogue of methods (wire.md 1.2), one constant each, in the order of the catalogue. */
public final class Methods {
  /** The package of all services. */
  public static final String PACKAGE = "servicebridge.v1";

  /** {@code Bootstrap/Provision}. */
  public static final RpcMethod<ProvisionRequest, ProvisionResponse> PROVISION =
      unary(
          "Bootstrap",
          "Provision",
          Access.ANONYMOUS,
          ProvisionRequest.parser(),
          ProvisionResponse.parser());

  /** {@code Control/Open}. */
  public static final RpcMethod<OpenRequest, ServerControl> OPEN =
      serverStream("Control", "Open", Access.SERVICE, OpenRequest.parser(), ServerControl.parser());

  /** {@code Control/RefreshCert}. */
  public static final RpcMethod<RefreshCertRequest, RefreshCertResponse> REFRESH_CERT =
      unary(
          "Control",
          "RefreshCert",
          Access.SERVICE,
          RefreshCertRequest.parser(),
          RefreshCertResponse.parser());

  /** {@code Registry/RegisterAndWatch}. */
  public static final RpcMethod<RegisterRequest, RegistryEvent> REGISTER_AND_WATCH =
      serverStream(
          "Registry",
          "RegisterAndWatch",
          Access.SERVICE,
          RegisterRequest.parser(),
          RegistryEvent.parser());

  /** {@code Invoke/Unary}. */
  public static final RpcMethod<InvokeRequest, InvokeResponse> INVOKE_UNARY =
      unary("Invoke", "Unary", Access.SERVICE, InvokeRequest.parser(), InvokeResponse.parser());

  /** {@code Invoke/Stream}. */
  public static final RpcMethod<InvokeRequest, InvokeChunk> INVOKE_STREAM =
      serverStream(
          "Invoke", "Stream", Access.SERVICE, InvokeRequest.parser(), InvokeChunk.parser());

  /** {@code Events/Publish}. */
  public static final RpcMethod<PublishRequest, PublishResponse> EVENTS_PUBLISH =
      unary("Events", "Publish", Access.SERVICE, PublishRequest.parser(), PublishResponse.parser());

  /** {@code Events/Subscribe}. */
  public static final RpcMethod<SubscribeClientMessage, SubscribeServerMessage> EVENTS_SUBSCRIBE =
      bidirectional(
          "Events",
          "Subscribe",
          Access.SERVICE,
          SubscribeClientMessage.parser(),
          SubscribeServerMessage.parser());

  /** {@code Events/ReplayDlq}. */
  public static final RpcMethod<ReplayDlqRequest, ReplayDlqResponse> EVENTS_REPLAY_DLQ =
      unary(
          "Events",
          "ReplayDlq",
          Access.SERVICE,
          ReplayDlqRequest.parser(),
          ReplayDlqResponse.parser());

  /** {@code Events/ListDlq}. */
  public static final RpcMethod<ListDlqRequest, ListDlqResponse> EVENTS_LIST_DLQ =
      unary("Events", "ListDlq", Access.SERVICE, ListDlqRequest.parser(), ListDlqResponse.parser());

  /** {@code Jobs/Subscribe}. */
  public static final RpcMethod<JobsSubscribeRequest, JobExecution> JOBS_SUBSCRIBE =
      serverStream(
          "Jobs",
          "Subscribe",
          Access.SERVICE,
          JobsSubscribeRequest.parser(),
          JobExecution.parser());

  /** {@code Jobs/JobResult}. */
  public static final RpcMethod<JobResultRequest, JobResultResponse> JOBS_JOB_RESULT =
      unary(
          "Jobs",
          "JobResult",
          Access.SERVICE,
          JobResultRequest.parser(),
          JobResultResponse.parser());

  /** {@code Jobs/Heartbeat}. */
  public static final RpcMethod<JobsHeartbeatRequest, JobsHeartbeatResponse> JOBS_HEARTBEAT =
      unary(
          "Jobs",
          "Heartbeat",
          Access.SERVICE,
          JobsHeartbeatRequest.parser(),
          JobsHeartbeatResponse.parser());

  /** {@code Workflows/Start}. */
  public static final RpcMethod<StartRunRequest, StartRunResponse> WORKFLOWS_START =
      unary(
          "Workflows",
          "Start",
          Access.SERVICE,
          StartRunRequest.parser(),
          StartRunResponse.parser());

  /** {@code Workflows/Cancel}. */
  public static final RpcMethod<CancelRunRequest, Empty> WORKFLOWS_CANCEL =
      unary("Workflows", "Cancel", Access.SERVICE, CancelRunRequest.parser(), Empty.parser());

  /** {@code Workflows/Signal}. */
  public static final RpcMethod<SignalRunRequest, SignalRunResponse> WORKFLOWS_SIGNAL =
      unary(
          "Workflows",
          "Signal",
          Access.SERVICE,
          SignalRunRequest.parser(),
          SignalRunResponse.parser());

  /** {@code Workflows/Query}. */
  public static final RpcMethod<QueryRunRequest, RunSnapshot> WORKFLOWS_QUERY =
      unary("Workflows", "Query", Access.SERVICE, QueryRunRequest.parser(), RunSnapshot.parser());

  /** {@code Workflows/Await}. */
  public static final RpcMethod<AwaitRunRequest, RunStatusUpdate> WORKFLOWS_AWAIT =
      serverStream(
          "Workflows", "Await", Access.SERVICE, AwaitRunRequest.parser(), RunStatusUpdate.parser());

  /** {@code Workflows/Replay}. */
  public static final RpcMethod<ReplayRunRequest, ReplayRunResponse> WORKFLOWS_REPLAY =
      unary(
          "Workflows",
          "Replay",
          Access.SERVICE,
          ReplayRunRequest.parser(),
          ReplayRunResponse.parser());

  /** {@code Workflows/RetryCompensation}. */
  public static final RpcMethod<RetryCompensationRequest, Empty> WORKFLOWS_RETRY_COMPENSATION =
      unary(
          "Workflows",
          "RetryCompensation",
          Access.SERVICE,
          RetryCompensationRequest.parser(),
          Empty.parser());

  /** {@code Workflows/Subscribe}. */
  public static final RpcMethod<SubscribeRequest, StepTask> WORKFLOWS_SUBSCRIBE =
      serverStream(
          "Workflows", "Subscribe", Access.SERVICE, SubscribeRequest.parser(), StepTask.parser());

  /** {@code Workflows/CompleteTask}. */
  public static final RpcMethod<CompleteTaskRequest, Empty> WORKFLOWS_COMPLETE_TASK =
      unary(
          "Workflows",
          "CompleteTask",
          Access.SERVICE,
          CompleteTaskRequest.parser(),
          Empty.parser());

  /** {@code Workflows/FailTask}. */
  public static final RpcMethod<FailTaskRequest, Empty> WORKFLOWS_FAIL_TASK =
      unary("Workflows", "FailTask", Access.SERVICE, FailTaskRequest.parser(), Empty.parser());

  /** {@code Workflows/Heartbeat}. */
  public static final RpcMethod<HeartbeatRequest, HeartbeatResponse> WORKFLOWS_HEARTBEAT =
      unary(
          "Workflows",
          "Heartbeat",
          Access.SERVICE,
          HeartbeatRequest.parser(),
          HeartbeatResponse.parser());

  /** {@code Telemetry/Report}. */
  public static final RpcMethod<TelemetryBatch, TelemetryAck> TELEMETRY_REPORT =
      bidirectional(
          "Telemetry", "Report", Access.SERVICE, TelemetryBatch.parser(), TelemetryAck.parser());

  /** {@code Telemetry/ListTraces}. */
  public static final RpcMethod<ListTracesRequest, ListTracesResponse> TELEMETRY_LIST_TRACES =
      unary(
          "Telemetry",
          "ListTraces",
          Access.CONSOLE,
          ListTracesRequest.parser(),
          ListTracesResponse.parser());

  /** {@code Telemetry/GetTrace}. */
  public static final RpcMethod<GetTraceRequest, GetTraceResponse> TELEMETRY_GET_TRACE =
      unary(
          "Telemetry",
          "GetTrace",
          Access.CONSOLE,
          GetTraceRequest.parser(),
          GetTraceResponse.parser());

  /** {@code Telemetry/GetOperation}. */
  public static final RpcMethod<GetOperationRequest, GetOperationResponse> TELEMETRY_GET_OPERATION =
      unary(
          "Telemetry",
          "GetOperation",
          Access.CONSOLE,
          GetOperationRequest.parser(),
          GetOperationResponse.parser());

  /** {@code Telemetry/GetPayload}. */
  public static final RpcMethod<GetPayloadRequest, GetPayloadResponse> TELEMETRY_GET_PAYLOAD =
      unary(
          "Telemetry",
          "GetPayload",
          Access.CONSOLE,
          GetPayloadRequest.parser(),
          GetPayloadResponse.parser());

  /** {@code Telemetry/QueryLogs}. */
  public static final RpcMethod<QueryLogsRequest, QueryLogsResponse> TELEMETRY_QUERY_LOGS =
      unary(
          "Telemetry",
          "QueryLogs",
          Access.CONSOLE,
          QueryLogsRequest.parser(),
          QueryLogsResponse.parser());

  /** {@code Telemetry/QueryMetrics}. */
  public static final RpcMethod<QueryMetricsRequest, QueryMetricsResponse> TELEMETRY_QUERY_METRICS =
      unary(
          "Telemetry",
          "QueryMetrics",
          Access.CONSOLE,
          QueryMetricsRequest.parser(),
          QueryMetricsResponse.parser());

  /** {@code UI/GetServiceGraph}. */
  public static final RpcMethod<GetServiceGraphRequest, ServiceGraph> UI_GET_SERVICE_GRAPH =
      unary(
          "UI",
          "GetServiceGraph",
          Access.CONSOLE,
          GetServiceGraphRequest.parser(),
          ServiceGraph.parser());

  /** {@code Call/Unary}. */
  public static final RpcMethod<CallRequest, CallResponse> CALL_UNARY =
      unary("Call", "Unary", Access.PEER, CallRequest.parser(), CallResponse.parser());

  /** {@code Call/Stream}. */
  public static final RpcMethod<CallRequest, StreamChunk> CALL_STREAM =
      serverStream("Call", "Stream", Access.PEER, CallRequest.parser(), StreamChunk.parser());

  /** All of them. */
  public static final List<RpcMethod<?, ?>> ALL =
      List.of(
          PROVISION,
          OPEN,
          REFRESH_CERT,
          REGISTER_AND_WATCH,
          INVOKE_UNARY,
          INVOKE_STREAM,
          EVENTS_PUBLISH,
          EVENTS_SUBSCRIBE,
          EVENTS_REPLAY_DLQ,
          EVENTS_LIST_DLQ,
          JOBS_SUBSCRIBE,
          JOBS_JOB_RESULT,
          JOBS_HEARTBEAT,
          WORKFLOWS_START,
          WORKFLOWS_CANCEL,
          WORKFLOWS_SIGNAL,
          WORKFLOWS_QUERY,
          WORKFLOWS_AWAIT,
          WORKFLOWS_REPLAY,
          WORKFLOWS_RETRY_COMPENSATION,
          WORKFLOWS_SUBSCRIBE,
          WORKFLOWS_COMPLETE_TASK,
          WORKFLOWS_FAIL_TASK,
          WORKFLOWS_HEARTBEAT,
          TELEMETRY_REPORT,
          TELEMETRY_LIST_TRACES,
          TELEMETRY_GET_TRACE,
          TELEMETRY_GET_OPERATION,
          TELEMETRY_GET_PAYLOAD,
          TELEMETRY_QUERY_LOGS,
          TELEMETRY_QUERY_METRICS,
          UI_GET_SERVICE_GRAPH,
          CALL_UNARY,
          CALL_STREAM);

  private static final Map<String, RpcMethod<?, ?>> BY_PATH =
      ALL.stream().collect(Collectors.toUnmodifiableMap(RpcMethod::path, Function.identity()));

  private Methods() {}

  /** The method of a path; empty for an unknown one. */
  public static Optional<RpcMethod<?, ?>> byPath(String path) {
    return Optional.ofNullable(BY_PATH.get(path));
  }

  private static <Q extends Message, R extends Message> RpcMethod<Q, R> unary(
      String service, String name, Access access, Parser<Q> request, Parser<R> response) {
    return new RpcMethod<>(full(service), name, Kind.UNARY, access, request, response);
  }

  private static <Q extends Message, R extends Message> RpcMethod<Q, R> serverStream(
      String service, String name, Access access, Parser<Q> request, Parser<R> response) {
    return new RpcMethod<>(full(service), name, Kind.SERVER_STREAM, access, request, response);
  }

  private static <Q extends Message, R extends Message> RpcMethod<Q, R> bidirectional(
      String service, String name, Access access, Parser<Q> request, Parser<R> response) {
    return new RpcMethod<>(full(service), name, Kind.BIDIRECTIONAL, access, request, response);
  }

  private static String full(String service) {
    return PACKAGE + '.' + service;
  }
}
