"""placeholder"""



def ceil_div(a, b):
    return -(-a // b)


def floor_div(a, b):
    return a // b


minimum = min
maximum = max
