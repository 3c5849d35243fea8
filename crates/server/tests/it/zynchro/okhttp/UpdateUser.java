import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** The Java sample of the Zynchro document as it is printed; only host, port and token are filled in by the test. */
public class UpdateUser {
    public static void main(String[] arguments) throws Exception {
// sample
OkHttpClient client = new OkHttpClient().newBuilder()
  .build();
MediaType mediaType = MediaType.parse("application/json");
RequestBody body = RequestBody.create(mediaType, "{\r\n    \"header\": {\r\n        \"transactionId\": \"123456\"\r\n    },\r\n    \"data\": {\r\n        \"user\": {\r\n            \"name\": \"User Test Modif\",\r\n            \"email\": \"user_test_modif@test.com\",\r\n            \"password\": \"33556567\",\r\n            \"telephone\": \"23232323232\",\r\n            \"isControlTower\": true\r\n        },        \r\n        \"clientsProfile\": [\r\n            {\r\n                \"clientId\": 33,\r\n                \"profileId\": 1\r\n            },\r\n            {\r\n                \"clientId\": 38,\r\n                \"profileId\": 1\r\n            }\r\n        ]\r\n    }\r\n}");
Request request = new Request.Builder()
  .url("host:port/zynchro.api.system-config/v1/users/3")
  .method("PATCH", body)
  .addHeader("Content-Type", "application/json")
  .addHeader("Authorization", "Bearer ••••••")
  .build();
Response response = client.newCall(request).execute();
// end of the sample
        System.out.println(response.code());
        System.out.println(response.body().string());
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }
}
