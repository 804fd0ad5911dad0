## Prints what arrives; ends when nothing came for 2 seconds.
import simpleipc

for message in newReceiver("chat").messages(timeout = 2000):
  let value = message.value
  case value.kind
  of vkStr: echo "str ", value.getStr
  of vkInt: echo "int ", value.getInt
  else: echo "map ", value["x"].getFloat
