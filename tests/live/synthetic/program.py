"""What the fake program of synthetic.cpp pretends to run."""


def checksum(data):
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return total


def parse(text):
    fields = text.split(",")
    return [int(field) for field in fields]


def handle(request):
    values = parse(request)
    return checksum(values)


def serve():
    while True:
        handle("1,2,3")


serve()
