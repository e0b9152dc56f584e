namespace OnnxEmbed.Data.Arithmetic;

/// <summary>Remainders and what they say about squares.</summary>
internal static class Residues
{
    /// <summary>Greatest common divisor of integers that are not negative.</summary>
    public static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }

    /// <summary>Remainder in [0, modulus), also for negative integers.</summary>
    public static long Modulo(long n, long modulus)
    {
        long remainder = n % modulus;
        return remainder < 0 ? remainder + modulus : remainder;
    }

    /// <summary>
    /// Legendre symbol (n | prime) by Euler's criterion: 0 when the odd prime divides n, 1 when n is a square modulo it, else -1.
    /// </summary>
    public static int Legendre(long n, long prime)
    {
        long power = Primality.ModularPower(Modulo(n, prime), (prime - 1) / 2, prime);
        return power == prime - 1 ? -1 : (int)power;
    }

    /// <summary>Whether some square leaves the same remainder, for a small modulus that need not be prime.</summary>
    public static bool IsSquareModulo(long n, int modulus)
    {
        long wanted = Modulo(n, modulus);
        for (long root = 0; root <= modulus / 2; root++)
        {
            if (root * root % modulus == wanted)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Largest integer whose square is at most n, for n in [0, 2^62].</summary>
    public static long SquareRoot(long n)
    {
        long root = (long)Math.Sqrt(n);
        while (root * root > n)
        {
            root--;
        }

        while ((root + 1) * (root + 1) <= n)
        {
            root++;
        }

        return root;
    }

    /// <summary>Whether n is the square of an integer, for n in [0, 2^62].</summary>
    public static bool IsSquare(long n)
    {
        long root = SquareRoot(n);
        return root * root == n;
    }
}
